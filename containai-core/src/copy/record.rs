//! The base of a workspace copy.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Inventory;

/// The last common state of a workspace and its copy on a remote engine.
///
/// Stored on this machine, not next to the copy, where the container could modify it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CopyRecord {
    /// The workspace.
    pub workspace: String,
    /// The progress of the first copy.
    pub state: CopyState,
    /// The items of the last common state.
    pub items: Inventory,
}

impl CopyRecord {
    /// Updates the base with all items that are equal on both sides; other items stay as recorded.
    pub fn settle(&mut self, here: &Inventory, there: &Inventory) {
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
pub enum CopyState {
    /// Started, and must be repeated; no container has used it yet.
    Begun,
    /// Complete.
    Complete,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::Item;

    fn inventory(items: &[(&str, &str)]) -> Inventory {
        let item = |to: &str| Item::Link { to: to.to_owned() };
        items.iter().map(|(path, to)| ((*path).to_owned(), item(to))).collect()
    }

    #[test]
    fn what_is_the_same_is_recorded() {
        let mut record = CopyRecord {
            workspace: "/src".into(),
            state: CopyState::Complete,
            items: inventory(&[("gone", "1"), ("same", "1"), ("taken", "1"), ("ahead", "1")]),
        };
        let here = inventory(&[("same", "1"), ("taken", "2"), ("ahead", "2"), ("new", "1")]);
        let there = inventory(&[("same", "1"), ("taken", "2"), ("ahead", "1"), ("new", "1")]);
        record.settle(&here, &there);
        let expected = inventory(&[("same", "1"), ("taken", "2"), ("ahead", "1"), ("new", "1")]);
        assert_eq!(record.items, expected);
    }
}
