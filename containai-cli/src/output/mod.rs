//! What goes to stdout: JSON shapes and their text for people.

pub(crate) mod config;
pub(crate) mod gc;
pub(crate) mod image;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod plan;
pub(crate) mod reclaim;
pub(crate) mod resources;
pub(crate) mod restore;
pub(crate) mod schema;
pub(crate) mod snapshot;
pub(crate) mod stats;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod table;
pub(crate) mod template;
pub(crate) mod version;
