//! The formats of stdout: tables and JSON shapes.

pub(crate) mod agent_session;
pub(crate) mod agents;
pub(crate) mod config;
pub(crate) mod df;
pub(crate) mod format;
pub(crate) mod image;
pub(crate) mod list;
pub(crate) mod plan;
pub(crate) mod ports;
pub(crate) mod resources;
pub(crate) mod schema;
pub(crate) mod snapshot;
pub(crate) mod stats;
pub(crate) mod status;
pub(crate) mod steps;
pub(crate) mod table;
pub(crate) mod template;
pub(crate) mod version;
