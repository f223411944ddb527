//! A linked worktree whose container has a repository of its own.
//!
//! git-worktree(1) keeps references, reflogs and objects of all worktrees in
//! one directory. A container must not write there: what it puts in place of a
//! file, git on the host would open. So the container has a directory of its
//! own ([`crate::engine::LinkedRepository`]), and references of both sides are
//! compared with what both had when they last agreed ([`compare()`]), as a merge
//! of three does.

mod compare;
mod configuration;
mod head;
mod object_id;
mod record;
mod ref_name;
mod refs;

pub use compare::{Difference, Reason, RefChange, Side, compare};
pub use configuration::{ConfigEntry, configuration};
pub use head::Head;
pub use object_id::ObjectId;
pub use record::{Fingerprints, WorktreeRecord};
pub use ref_name::RefName;
pub use refs::{Refs, parse_listed, parse_packed};
