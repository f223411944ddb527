//! Reconciliation of the observed state with the desired state, in repeatable steps.
//!
//! [`decide()`] is pure: from [`Observed`] and [`Desired`] it returns the next [`Step`].
//! [`drive()`] is the only loop: it observes, decides, executes the step on an
//! [`Engine`](crate::engine::Engine) or a [`Remote`](crate::remote::Remote), and observes
//! again, until a connection is open. After a crash between two steps, the next run
//! resumes. [`plan()`] simulates the steps for `--dry-run`.

mod committed_image;
mod connect;
mod decide;
mod desired;
mod drift;
mod drive;
mod drive_error;
mod enclosing;
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
mod step;
mod step_listener;
mod stop;

pub use committed_image::CommittedImage;
pub use connect::{Connected, PinnedKey, connect};
pub use decide::decide;
pub use desired::Desired;
pub use drift::{Drift, RequestedSettings, detect_drift};
pub use drive::{drive, finish_replacement, observe, observe_listed, teardown_ephemeral};
pub use drive_error::DriveError;
pub use enclosing::{ancestor_workspaces, enclosing_workspace};
pub use observed::Observed;
pub use plan::plan;
pub use port_migration::Replacement;
pub use race::{Either, race};
pub use refusal::Refusal;
pub use restore::finish_restore;
pub use run_options::{RunOptions, Strength};
pub use step::Step;
pub use step_listener::StepListener;
pub use stop::{
    NoVolumeExporter, StopMode, StopPlan, StopStep, VolumeExporter, execute_stop, plan_stop,
};

pub use crate::engine::{Event, EventListener, IgnoreEvents};
