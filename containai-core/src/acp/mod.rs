//! The Agent Client Protocol between an editor on the host and an agent in a container.
//!
//! [`AcpBridge`] reads the messages of both sides, one JSON object a line, and decides what the other
//! side gets. Values are passed on as they are; only the fields that the protocol defines as paths
//! are rewritten, between the host's path of the workspace and its path in the container
//! ([`AcpPathMap`]). The container's side is hostile: its messages never make the editor open a file
//! of the host outside of the workspace, and never run a program on the host.

mod access;
mod agent_servers;
mod bridge;
mod client_fields;
mod display_fields;
mod error;
mod file_uri;
mod message;
mod path_map;
mod raw_json;

pub use access::AcpAccess;
pub use agent_servers::{AgentServer, AgentServersError};
pub use bridge::{AcpBridge, AcpOutput};
pub use path_map::{AcpPathMap, AcpRealPath};
