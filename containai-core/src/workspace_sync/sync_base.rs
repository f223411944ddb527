//! The base of a workspace copy.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::TreeState;

/// The last common state of a workspace and its copy on a remote engine.
///
/// Stored on this machine, not next to the copy, where the container could modify it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SyncBase {
    /// The workspace.
    pub workspace: String,
    /// The progress of the first copy.
    pub state: SyncState,
    /// The items of the last common state.
    pub items: TreeState,
}

impl SyncBase {
    /// Updates the base with all items that are equal on both sides; other items stay as recorded.
    pub fn update(&mut self, here: &TreeState, there: &TreeState) {
        let paths: BTreeSet<_> = self.items.keys().chain(here.keys()).cloned().collect();
        for path in paths {
            match (here.get(&path), there.get(&path)) {
                (None, None) => drop(self.items.remove(&path)),
                (Some(ours), Some(theirs)) if ours == theirs => {
                    self.items.insert(path, ours.clone());
                }
                _ => {}
            }
        }
    }
}

/// The progress of the first copy.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncState {
    /// Started, and must be repeated; no container has used it yet.
    #[serde(rename = "begun")]
    Incomplete,
    /// Complete.
    Complete,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_sync::TreeItem;

    fn tree(items: &[(&str, &str)]) -> TreeState {
        let item = |to: &str| TreeItem::Link { target: to.to_owned() };
        items.iter().map(|(path, to)| ((*path).to_owned(), item(to))).collect()
    }

    #[test]
    fn equal_items_update_the_base() {
        let mut record = SyncBase {
            workspace: "/src".into(),
            state: SyncState::Complete,
            items: tree(&[("gone", "1"), ("same", "1"), ("taken", "1"), ("ahead", "1")]),
        };
        let here = tree(&[("same", "1"), ("taken", "2"), ("ahead", "2"), ("new", "1")]);
        let there = tree(&[("same", "1"), ("taken", "2"), ("ahead", "1"), ("new", "1")]);
        record.update(&here, &there);
        let expected = tree(&[("same", "1"), ("taken", "2"), ("ahead", "1"), ("new", "1")]);
        assert_eq!(record.items, expected);
    }
}
