//! From what is there to what is wanted, one repeatable step at a time.
//!
//! [`decide()`] is pure: it looks at an [`Observed`] world and a [`Desired`]
//! one and names the next [`Step`]. [`drive()`] is the only loop: it observes,
//! decides, has the step done by an [`crate::engine::Engine`] or a
//! [`crate::remote::Remote`], and looks again, until a session is open. A crash
//! between two steps therefore leaves nothing that the next run cannot go on
//! from. [`plan()`] runs the same decisions on paper for `--dry-run`.

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
