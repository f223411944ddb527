//! Snapshots: a container's file system, its data volume and the store of its
//! inner Docker, as of one moment.
//!
//! A snapshot is an image and two volumes that carry one [`Nonce`]. Its image
//! gets its name last, and without that name there is no snapshot; whatever
//! else an interrupted command has left is found by [`leftovers()`] and removed
//! by [`clear()`]. A container is put back, and one is made beside it, with
//! volumes of their own: copies that count only once a container has them, so
//! that what was there stays until all of the new is there.
//!
//! [`Nonce`]: crate::naming::Nonce

mod copied;
mod create;
mod error;
mod leftover;
mod plan;
mod remove;
mod restore;
mod revive;
mod stored;

pub use create::{create, plan_create};
pub use error::SnapshotError;
pub use leftover::{Leftovers, abandon, clear, leftovers};
pub use plan::{CreatePlan, RestorePlan, RevivePlan, Task};
pub use remove::{plan_remove, remove};
pub use restore::{plan_restore, restore};
pub use revive::{Vacancy, plan_revive, revive};
pub use stored::{Snapshot, named, snapshots};
