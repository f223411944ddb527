//! What this machine knows about a copy.

use std::collections::BTreeSet;

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

impl CopyRecord {
    /// Takes what is the same on both sides now for where the next comparison
    /// begins; what differs stays as it was recorded.
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

/// How far a copy came.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CopyState {
    /// It was begun and has to be made again: nothing has worked on it yet.
    Begun,
    /// All of it is there.
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
