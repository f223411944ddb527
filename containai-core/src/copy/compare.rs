//! The three-way diff of a workspace and its copy.

use std::collections::BTreeSet;

use super::inventory::{Inventory, is_private};

/// The differences between both sides, each list sorted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Comparison {
    /// Changed or new there, unchanged here.
    pub take: Vec<String>,
    /// Deleted there, unchanged here.
    pub remove: Vec<String>,
    /// Changed differently on both sides.
    pub conflicts: Vec<String>,
    /// Changed only here.
    pub ahead: Vec<String>,
    /// Changed in the same way on both sides.
    pub agreed: Vec<String>,
}

impl Comparison {
    /// Whether both sides equal the base.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares both sides with their common base.
#[must_use]
pub fn compare(before: &Inventory, here: &Inventory, there: &Inventory) -> Comparison {
    let paths: BTreeSet<_> = before.keys().chain(here.keys()).chain(there.keys()).collect();
    let mut found = Comparison::default();
    for path in paths.into_iter().filter(|path| !is_private(path)) {
        let (was, ours, theirs) = (before.get(path), here.get(path), there.get(path));
        let list = if ours == theirs {
            match was == ours {
                true => continue,
                false => &mut found.agreed,
            }
        } else if theirs == was {
            &mut found.ahead
        } else if ours != was {
            &mut found.conflicts
        } else if theirs.is_some() {
            &mut found.take
        } else {
            &mut found.remove
        };
        list.push(path.clone());
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Item;
    use super::*;

    fn tree(text: &str) -> Inventory {
        let item = |hash: &str| Item::File { hash: hash.to_owned(), executable: false };
        let pairs = text.split_whitespace().filter_map(|word| word.split_once('='));
        pairs.map(|(path, hash)| (path.to_owned(), item(hash))).collect()
    }

    #[test]
    fn every_case() {
        let before = tree("same=1 theirs=1 ours=1 both=1 alike=1 gone=1 left=1 cut=1 out=1");
        let here = tree("same=1 theirs=1 ours=2 both=2 alike=2 gone=1 left=2 new=2 twins=5 mine=7");
        let there =
            tree("same=1 theirs=3 ours=1 both=3 alike=2 cut=3 more=3 new=3 twins=5 .git/x=1");
        let found = compare(&before, &here, &there);
        insta::assert_debug_snapshot!(found, @r#"
        Comparison {
            take: [
                "more",
                "theirs",
            ],
            remove: [
                "gone",
            ],
            conflicts: [
                "both",
                "cut",
                "left",
                "new",
            ],
            ahead: [
                "mine",
                "ours",
            ],
            agreed: [
                "alike",
                "out",
                "twins",
            ],
        }
        "#);
    }

    fn some_tree() -> impl Strategy<Value = Inventory> {
        proptest::collection::btree_map("[a-c]", "[1-3]", 0..4).prop_map(|pairs| {
            let item = |hash| Item::File { hash, executable: false };
            pairs.into_iter().map(|(path, hash)| (path, item(hash))).collect()
        })
    }

    proptest! {
        /// Local changes are never overwritten.
        #[test]
        fn ours_is_never_lost(
            before in some_tree(),
            here in some_tree(),
            there in some_tree(),
        ) {
            let found = compare(&before, &here, &there);
            for path in found.take.iter().chain(&found.remove) {
                prop_assert_eq!(here.get(path), before.get(path));
            }
            let mut after = here.clone();
            for path in &found.take {
                after.insert(path.clone(), there[path].clone());
            }
            for path in &found.remove {
                after.remove(path);
            }
            let left = found.conflicts.iter().chain(&found.ahead).collect::<BTreeSet<_>>();
            for path in before.keys().chain(here.keys()).chain(there.keys()) {
                if !left.contains(path) {
                    prop_assert_eq!(after.get(path), there.get(path), "{}", path);
                }
            }
        }
    }
}
