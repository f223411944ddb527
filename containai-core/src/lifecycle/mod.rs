//! Reconciliation of the observed state with the desired state, in repeatable steps.
//!
//! [`decide()`] is pure: from [`Observed`] and [`Desired`] it returns the next [`Step`].
//! [`drive()`] is the only loop: it observes, decides, executes the step on an
//! [`Engine`](crate::engine::Engine) or a [`Remote`](crate::remote::Remote), and observes
//! again, until a connection is open. After a crash between two steps, the next run
//! resumes. [`plan()`] simulates the steps for `--dry-run`.

mod connect;
mod decide;
mod desired;
mod drift;
mod drive;
mod enclosing;
mod event;
mod executor;
pub mod gc;
mod observed;
mod plan;
mod port_migration;
mod race;
mod refusal;
mod replacement;
mod replacement_steps;
mod restore;
mod run_options;
pub mod snapshot;
mod stop;

pub use connect::{PinnedKey, connect};
pub use decide::{Step, decide};
pub use desired::Desired;
pub use drift::{Drift, RequestedSettings, detect_drift};
pub use drive::{
    Connected, DriveError, drive, finish_replacement, observe, observe_listed, teardown_ephemeral,
};
pub use enclosing::{ancestor_workspaces, enclosing_workspace};
pub use event::{Event, EventListener, IgnoreEvents};
pub use observed::Observed;
pub use plan::plan;
pub use port_migration::{CommittedImage, Replacement};
pub use race::{Either, race};
pub use refusal::Refusal;
pub use restore::finish_restore;
pub use run_options::{RunOptions, Strength};
pub use stop::{
    NoVolumeExporter, StopMode, StopPlan, StopStep, VolumeExporter, execute_stop, plan_stop,
};
