//! Synchronization of a workspace with its copy on a remote engine.
//!
//! Both sides are compared with their common base ([`TreeState`]) in a three-way diff
//! ([`three_way_diff()`]). A change on one side can be applied to the other; changes on both sides
//! are a conflict for the user to resolve. Git directories are excluded ([`is_git_path`]).

mod compare;
mod inventory;
mod record;

pub use compare::{Comparison, compare};
pub use inventory::{Inventory, Item, is_private};
pub use record::{CopyRecord, CopyState};
