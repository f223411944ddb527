//! The container of a workspace, as a value.
//!
//! [`Sandbox::builder`] describes a container; [`SandboxBuilder::start`] creates it or starts the
//! existing one.

mod builder;
mod command;
mod copy;
mod export;
mod fork;
mod forward;
mod handle;
mod import;
mod requested;
mod restore;
mod snapshot;
mod start;
mod stop;

pub use builder::SandboxBuilder;
pub use export::DataExport;
pub use fork::SandboxFork;
pub use forward::SandboxForward;
pub use handle::Sandbox;
pub use import::{ImportSummary, SettingsImport};
pub use restore::DataRestore;
