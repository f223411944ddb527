//! The three-way diff of a workspace and its copy.

use std::collections::BTreeSet;

use super::tree_state::{TreeState, is_git_path};

/// The differences between both sides, each list sorted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ThreeWayDiff {
    /// Changed or new there, unchanged here.
    pub to_update: Vec<String>,
    /// Deleted there, unchanged here.
    pub to_remove: Vec<String>,
    /// Changed differently on both sides.
    pub conflicts: Vec<String>,
    /// Changed only here.
    pub changed_here: Vec<String>,
    /// Changed in the same way on both sides.
    pub converged: Vec<String>,
}

impl ThreeWayDiff {
    /// Whether both sides equal the base.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares both sides with their common base.
#[must_use]
pub fn three_way_diff(before: &TreeState, here: &TreeState, there: &TreeState) -> ThreeWayDiff {
    let paths: BTreeSet<_> = before.keys().chain(here.keys()).chain(there.keys()).collect();
    let mut found = ThreeWayDiff::default();
    for path in paths.into_iter().filter(|path| !is_git_path(path)) {
        let (was, ours, theirs) = (before.get(path), here.get(path), there.get(path));
        let list = if ours == theirs {
            match was == ours {
                true => continue,
                false => &mut found.converged,
            }
        } else if theirs == was {
            &mut found.changed_here
        } else if ours != was {
            &mut found.conflicts
        } else if theirs.is_some() {
            &mut found.to_update
        } else {
            &mut found.to_remove
        };
        list.push(path.clone());
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::TreeItem;
    use super::*;

    fn tree(text: &str) -> TreeState {
        let item = |hash: &str| TreeItem::File { hash: hash.to_owned(), executable: false };
        let pairs = text.split_whitespace().filter_map(|word| word.split_once('='));
        pairs.map(|(path, hash)| (path.to_owned(), item(hash))).collect()
    }

    #[test]
    fn covers_every_case() {
        let before = tree("same=1 theirs=1 ours=1 both=1 alike=1 gone=1 left=1 cut=1 out=1");
        let here = tree("same=1 theirs=1 ours=2 both=2 alike=2 gone=1 left=2 new=2 twins=5 mine=7");
        let there =
            tree("same=1 theirs=3 ours=1 both=3 alike=2 cut=3 more=3 new=3 twins=5 .git/x=1");
        let found = three_way_diff(&before, &here, &there);
        insta::assert_debug_snapshot!(found, @r#"
        ThreeWayDiff {
            to_update: [
                "more",
                "theirs",
            ],
            to_remove: [
                "gone",
            ],
            conflicts: [
                "both",
                "cut",
                "left",
                "new",
            ],
            changed_here: [
                "mine",
                "ours",
            ],
            converged: [
                "alike",
                "out",
                "twins",
            ],
        }
        "#);
    }

    fn some_tree() -> impl Strategy<Value = TreeState> {
        proptest::collection::btree_map("[a-c]", "[1-3]", 0..4).prop_map(|pairs| {
            let item = |hash| TreeItem::File { hash, executable: false };
            pairs.into_iter().map(|(path, hash)| (path, item(hash))).collect()
        })
    }

    proptest! {
        /// Local changes are never overwritten.
        #[test]
        fn local_changes_are_never_lost(
            before in some_tree(),
            here in some_tree(),
            there in some_tree(),
        ) {
            let found = three_way_diff(&before, &here, &there);
            for path in found.to_update.iter().chain(&found.to_remove) {
                prop_assert_eq!(here.get(path), before.get(path));
            }
            let mut after = here.clone();
            for path in &found.to_update {
                after.insert(path.clone(), there[path].clone());
            }
            for path in &found.to_remove {
                after.remove(path);
            }
            let left = found.conflicts.iter().chain(&found.changed_here).collect::<BTreeSet<_>>();
            for path in before.keys().chain(here.keys()).chain(there.keys()) {
                if !left.contains(path) {
                    prop_assert_eq!(after.get(path), there.get(path), "{}", path);
                }
            }
        }
    }
}
