//! Sessions: from a workspace to a command in its container.
//!
//! A [`SessionRequest`] is resolved to a workspace with one list of the engine's containers.
//! From its configuration follows the desired container, and the lifecycle drives the engine
//! there. A session command then runs over SSH.

mod container_files;
mod desired;
mod drift;
mod dry_run;
mod ensure_and_open;
mod exec;
mod existing;
mod host_access;
mod import_on_create;
mod initialize_command;
mod launch_session;
mod lifecycle_commands;
mod lost_port;
mod open_existing;
mod options;
mod plan_text;
mod prompt_agent;
mod recreate_warnings;
mod request;
mod resolved_workspace;
mod restart_policy;
mod run;
mod select_workspace;
mod snapshot_view;
mod start_agent;
mod start_dedicated;

pub use crate::setup::SetupConsent;
pub use dry_run::SessionPlan;
pub use exec::Streams;
pub use exec::exec_attached;
pub use launch_session::LaunchSession;
pub(crate) use launch_session::{SessionScreen, check_terminal};
pub use options::{Recreate, SessionOptions};
pub use prompt_agent::{AgentQuestion, QuestionContext};
pub use request::SessionRequest;
pub(crate) use resolved_workspace::ResolvedWorkspace;
pub use snapshot_view::SnapshotView;
pub use start_agent::{AgentLaunch, start_agent};
