//! Separate repositories for linked worktrees.
//!
//! git-worktree(1) keeps references, reflogs and objects of all worktrees in one
//! directory. A container must not write there, because git on the host would read the
//! files that the container replaces. So the container has its own directory
//! ([`crate::engine::LinkedRepository`]), and the references of both sides are merged
//! three-way with their last common state ([`compare_refs()`]).

mod compare;
mod config;
mod head;
mod object_id;
mod record;
mod ref_name;
mod refs;

pub use compare::{ConflictReason, RefChange, RefDifference, Side, compare_refs};
pub use config::{ConfigEntry, container_config};
pub use head::Head;
pub use object_id::ObjectId;
pub use record::{Fingerprints, WorktreeRecord};
pub use ref_name::RefName;
pub use refs::{Refs, parse_for_each_ref, parse_packed_refs};
