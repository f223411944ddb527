//! Reconciliation of the observed state with the desired state, in repeatable steps.
//!
//! [`decide()`] is pure: from [`Observed`] and [`Desired`] it returns the next [`Step`].
//! [`drive()`] is the only loop: it observes, decides, executes the step on an
//! [`Engine`](crate::engine::Engine) or a [`Remote`](crate::remote::Remote), and observes
//! again, until a connection is open. After a crash between two steps, the next run
//! resumes. [`plan()`] simulates the steps for `--dry-run`.

mod decide;
mod desired;
mod drift;
mod drive;
mod enclosing;
mod event;
pub mod gc;
mod run_options;
mod observed;
mod replacement;
mod plan;
mod race;
mod connect;
mod refusal;
mod replacement_steps;
mod restore;
mod executor;
pub mod snapshot;
mod stop;
mod port_migration;

pub use decide::{Step, decide};
pub use desired::Desired;
pub use drift::{Drift, RequestedSettings, detect_drift};
pub use drive::{DriveError, Connected, teardown_ephemeral, drive, finish_replacement, observe};
pub use enclosing::{ancestor_workspaces, enclosing_workspace};
pub use event::{Event, EventListener, IgnoreEvents};
pub use run_options::{Strength, RunOptions};
pub use observed::Observed;
pub use plan::plan;
pub use race::{Either, race};
pub use connect::{PinnedKey, connect};
pub use refusal::Refusal;
pub use restore::finish_restore;
pub use stop::{VolumeExporter, StopMode, StopPlan, NoVolumeExporter, StopStep, execute_stop, plan_stop};
pub use port_migration::{CommittedImage, Replacement};
