//! Reconciliation of the observed state with the desired state, in repeatable steps.
//!
//! [`decide()`] is pure: from [`Observed`] and [`Desired`] it returns the next [`Step`].
//! [`drive()`] is the only loop: it observes, decides, executes the step on an
//! [`Engine`](crate::engine::Engine) or a [`Remote`](crate::remote::Remote), and observes
//! again, until a connection is open. After a crash between two steps, the next run
//! resumes. [`plan()`] simulates the steps for `--dry-run`.

mod decide;
mod desired;
mod difference;
mod drive;
mod enclosing;
mod event;
pub mod gc;
mod manner;
mod observed;
mod outgoing;
mod plan;
mod race;
mod reach;
mod refusal;
mod replace;
mod restore;
mod road;
pub mod snapshot;
mod stop;
mod succession;

pub use decide::{Step, decide};
pub use desired::Desired;
pub use difference::{Difference, Wished, differences};
pub use drive::{DriveError, Reached, depart, drive, install, observe};
pub use enclosing::{above, enclosing};
pub use event::{Event, Events, Silent};
pub use manner::{Claim, Manner};
pub use observed::Observed;
pub use plan::plan;
pub use race::{Either, race};
pub use reach::{Pin, reach};
pub use refusal::Refusal;
pub use restore::finish_restore;
pub use stop::{Exports, Fate, Halt, NoExports, StopStep, halt, plan_stop};
pub use succession::{Kept, Pair};
