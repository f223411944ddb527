//! Snapshots: the file system of a container, its data volume and the store of its inner
//! Docker, at one moment.
//!
//! A snapshot consists of an image and two volumes with a common [`RandomId`]. The image
//! is tagged last; without the tag the snapshot does not exist. Objects left by an
//! interrupted command are found by [`find_leftovers()`] and removed by
//! [`remove_leftovers()`]. A restored or forked container gets its own copies of the
//! volumes. They are used only once the container exists, so that the previous state is
//! kept until the new one is complete.
//!
//! [`RandomId`]: crate::naming::RandomId

mod create;
mod error;
mod pause;
mod plan;
mod record;
mod recovery;
mod recreate;
mod remove;
mod restore;
mod volume_copies;

pub use create::{create, plan_create};
pub use error::SnapshotError;
pub use plan::{CreatePlan, RecreatePlan, RestorePlan, SnapshotStep};
pub use record::{Snapshot, find_snapshot, list_snapshots};
pub use recovery::{SnapshotLeftovers, find_leftovers, remove_leftovers, roll_back};
pub use recreate::{DefaultVolumes, plan_recreate, recreate};
pub use remove::{plan_remove, remove};
pub use restore::{plan_restore, restore};
