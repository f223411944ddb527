//! What goes to stdout: JSON shapes and their text for people.

pub(crate) mod config;
pub(crate) mod plan;
pub(crate) mod schema;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod version;
