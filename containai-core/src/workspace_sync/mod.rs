//! Synchronization of a workspace with its copy on a remote engine.
//!
//! Both sides are compared with their common base ([`TreeState`]) in a three-way diff
//! ([`three_way_diff()`]). A change on one side can be applied to the other; changes on both sides
//! are a conflict for the user to resolve. Git directories are excluded ([`is_git_path`]).

mod sync_base;
mod three_way_diff;
mod tree_state;

pub use sync_base::{SyncBase, SyncState};
pub use three_way_diff::{ThreeWayDiff, three_way_diff};
pub use tree_state::{TreeItem, TreeState, is_git_path};
