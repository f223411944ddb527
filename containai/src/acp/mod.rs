//! The Agent Client Protocol: an editor on this machine, an agent in a container.
//!
//! [`proxy`] runs the agent of a workspace and passes messages on, see [`containai_core::acp`].
//! [`EditorSetup`] adds it to the settings of editors.

mod editor_setup;
mod launch;
mod line_reader;
mod proxy;
mod pumps;
mod streams;

pub use editor_setup::{AcpEditor, EditorSetup};
pub use proxy::proxy;
pub use streams::AcpStreams;
