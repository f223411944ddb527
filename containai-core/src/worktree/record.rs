use serde::{Deserialize, Serialize};

use super::{Head, ObjectId, Refs};

/// The state of a worktree with a separate repository in its container. It is stored
/// where the container cannot write.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WorktreeRecord {
    /// The common directory of the host's worktrees.
    #[serde(rename = "common")]
    pub common_dir: String,
    /// The directory of this worktree in the common directory.
    #[serde(rename = "entry")]
    pub worktree_dir: String,
    /// The creation time of that directory, which distinguishes it from a later one of
    /// the same name.
    #[serde(rename = "made")]
    pub created: String,
    /// The references at the last common state of both sides.
    pub base: Refs,
    /// `HEAD` at that time.
    pub head: Option<Head>,
    /// The values of the container that conflict with the host's references and were
    /// reported.
    #[serde(default)]
    #[serde(rename = "kept")]
    pub conflicting_refs: Refs,
    /// The commit, or empty tree, that the host's index is based on, while the index is
    /// being updated.
    #[serde(default)]
    #[serde(rename = "adjusting")]
    pub index_base: Option<ObjectId>,
    /// The state of both sides after the last comparison.
    #[serde(default)]
    #[serde(rename = "seen")]
    pub fingerprints: Fingerprints,
}

/// The states of both sides; equal fingerprints mean no change.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Fingerprints {
    /// The host's repository.
    pub host: String,
    /// The container's repository.
    pub own: String,
}
