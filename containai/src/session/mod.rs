//! From a workspace to a session in its container, set-up included.

mod ensure_and_open;
mod exec;
mod recreate_warnings;
mod options;
mod setup_consent;
mod drift;
mod request;
mod container_files;
mod open_existing;
mod initialize_command;
mod interrupt;
mod lifecycle_commands;
mod observe;
mod host_access;
mod dry_run;
mod start_agent;
mod snapshot_view;
mod run;
mod resolve_workspace;
mod desired;

pub use exec::Streams;
pub use exec::exec_attached;
pub use options::{SessionOptions, Recreate};
pub use setup_consent::SetupConsent;
pub use request::SessionRequest;
pub use dry_run::SessionPlan;
pub use start_agent::start_agent;
pub(crate) use snapshot_view::SnapshotView;
