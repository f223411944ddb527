//! From a workspace to a session in its container, set-up included.

mod container_files;
mod desired;
mod drift;
mod dry_run;
mod ensure_and_open;
mod exec;
mod existing;
mod host_access;
mod initialize_command;
mod interrupt;
mod lifecycle_commands;
mod observe;
mod open_existing;
mod options;
mod recreate_warnings;
mod request;
mod resolve_workspace;
mod run;
mod setup_consent;
mod snapshot_view;
mod start_agent;
mod start_dedicated;

pub use dry_run::SessionPlan;
pub use exec::Streams;
pub use exec::exec_attached;
pub use options::{Recreate, SessionOptions};
pub use request::SessionRequest;
pub use setup_consent::SetupConsent;
pub(crate) use snapshot_view::SnapshotView;
pub use start_agent::start_agent;
