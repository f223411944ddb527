use serde::{Deserialize, Serialize};

use super::{Head, ObjectId, Refs};

/// What this machine knows about a worktree whose container has a repository of
/// its own. It is kept where the container cannot write.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WorktreeRecord {
    /// The directory that all worktrees of the host's repository share.
    pub common: String,
    /// The directory of this worktree below it, and what tells it from a later
    /// one of the same name.
    pub entry: String,
    /// See `entry`.
    pub made: String,
    /// The references as both sides had them when they last agreed.
    pub base: Refs,
    /// What `HEAD` was then.
    pub head: Option<Head>,
    /// The container's values that are kept beside the host's own references,
    /// and were reported.
    #[serde(default)]
    pub kept: Refs,
    /// The commit, or empty tree, that the host's index was made for, while it is
    /// being adjusted to another.
    #[serde(default)]
    pub adjusting: Option<ObjectId>,
    /// What both sides looked like after the last comparison.
    #[serde(default)]
    pub seen: Fingerprints,
}

/// What both sides look like; equal fingerprints mean that nothing changed.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Fingerprints {
    /// The host's repository.
    pub host: String,
    /// The container's.
    pub own: String,
}
