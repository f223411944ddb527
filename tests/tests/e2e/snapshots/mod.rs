//! Snapshots: create, restore and fork.

mod crash_recovery;
mod lifecycle;
mod marked_container;
mod shared_volume;
