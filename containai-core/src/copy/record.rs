//! What this machine knows about a copy.

use serde::{Deserialize, Serialize};

use super::Inventory;

/// What this machine knows about the copy of a workspace on another one.
///
/// It is kept here and not beside the copy, where the container could write.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CopyRecord {
    /// The workspace that was copied.
    pub workspace: String,
    /// How far the copy came.
    pub state: CopyState,
    /// What both sides had when they were last the same.
    pub items: Inventory,
}

/// How far a copy came.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CopyState {
    /// It was begun and has to be made again: nothing has worked on it yet.
    Begun,
    /// All of it is there.
    Complete,
}
