//! Comparison of the references of two repositories.

use std::collections::BTreeSet;

use super::{ObjectId, RefName, Refs};

/// One of the two repositories.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// The repository on the host.
    Host,
    /// The repository of the container.
    Container,
}

/// A conditional update of a reference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefChange {
    /// The reference.
    pub name: RefName,
    /// The expected value; `None` if it must not exist.
    pub old: Option<ObjectId>,
    /// The new value; `None` deletes the reference.
    pub new: Option<ObjectId>,
}

/// The reason for a conflict.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConflictReason {
    /// The reference changed on the host as well.
    Diverged,
    /// The branch is checked out in another worktree, whose files would become outdated.
    CheckedOut,
}

/// A difference of one reference, with its resolution.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RefDifference {
    /// Update this side: only the other side has changed.
    Update(Side, RefChange),
    /// Both sides have changed; one value may be an ancestor of the other.
    ChangedOnBoth {
        /// The reference.
        name: RefName,
        /// The value on the host.
        host: ObjectId,
        /// The value in the container.
        own: ObjectId,
    },
    /// Keep the host's value, and store the container's value under another name.
    Conflict {
        /// The reference.
        name: RefName,
        /// The value in the container.
        own: ObjectId,
        /// The reason.
        reason: ConflictReason,
    },
}

/// Compares the references of both sides with their last common state `base`. `held` are
/// the branches that other worktrees of the host have checked out. Only branches and tags
/// are compared.
#[must_use]
pub fn compare_refs(
    base: &Refs,
    host: &Refs,
    own: &Refs,
    held: &BTreeSet<RefName>,
) -> Vec<RefDifference> {
    let names: BTreeSet<_> = [base, host, own].into_iter().flat_map(Refs::keys).collect();
    let names = names.into_iter().filter(|name| name.is_branch_or_tag());
    names
        .filter_map(|name| compare_ref(name, [base, host, own].map(|it| it.get(name)), held))
        .collect()
}

fn compare_ref(
    name: &RefName,
    [base, host, own]: [Option<&ObjectId>; 3],
    held: &BTreeSet<RefName>,
) -> Option<RefDifference> {
    let change = |old: Option<&ObjectId>, new: Option<&ObjectId>| RefChange {
        name: name.clone(),
        old: old.cloned(),
        new: new.cloned(),
    };
    let conflict = |own: &ObjectId, reason| RefDifference::Conflict {
        name: name.clone(),
        own: own.clone(),
        reason,
    };
    let to_own = || RefDifference::Update(Side::Container, change(own, host));
    Some(match (host, own) {
        (host, own) if host == own => return None,
        (_, own) if own == base => to_own(),
        // Deleted in the container: it is restored if it is checked out or has changed on
        // the host.
        (Some(_), None) if host != base || held.contains(name) => to_own(),
        (_, Some(own)) if host == base && held.contains(name) => {
            conflict(own, ConflictReason::CheckedOut)
        }
        (_, _) if host == base => RefDifference::Update(Side::Host, change(host, own)),
        (Some(host), Some(own)) => RefDifference::ChangedOnBoth {
            name: name.clone(),
            host: host.clone(),
            own: own.clone(),
        },
        (_, Some(own)) => conflict(own, ConflictReason::Diverged),
        (_, None) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> ObjectId {
        ObjectId::parse(&digit.to_string().repeat(40)).expect("a name")
    }

    fn check(base: &str, host: &str, own: &str, is_held: &str, expected: &str) {
        let name = RefName::parse("refs/heads/x").expect("a name");
        let refs =
            |text: &str| -> Refs { text.chars().map(|digit| (name.clone(), id(digit))).collect() };
        let held = is_held.chars().map(|_| name.clone()).collect();
        let shown = |value: &Option<ObjectId>| {
            value.as_ref().map_or("-".to_owned(), |id| id.as_str()[..1].to_owned())
        };
        let found: Vec<_> = compare_refs(&refs(base), &refs(host), &refs(own), &held)
            .iter()
            .map(|difference| match difference {
                RefDifference::Update(side, RefChange { old, new, .. }) => {
                    let side = if *side == Side::Host { "host" } else { "container" };
                    format!("{side} {}>{}", shown(old), shown(new))
                }
                RefDifference::ChangedOnBoth { .. } => "both".to_owned(),
                RefDifference::Conflict { reason, .. } => format!("{reason:?}"),
            })
            .collect();
        let case = format!("base {base:?}, host {host:?}, own {own:?}, held {is_held:?}");
        assert_eq!(found.join(" "), expected, "{case}");
    }

    #[test]
    fn every_combination() {
        for held in ["", "h"] {
            check("", "", "", held, "");
            check("1", "1", "1", held, "");
            check("1", "2", "2", held, "");
            check("1", "", "", held, "");
            // Changed on the host only.
            check("1", "2", "1", held, "container 1>2");
            check("1", "", "1", held, "container 1>-");
            check("", "1", "", held, "container ->1");
            // Deleted on one side, changed on the other.
            check("1", "2", "", held, "container ->2");
            check("1", "", "2", held, "Diverged");
            check("1", "2", "3", held, "both");
            check("", "2", "3", held, "both");
        }
        // Changed in the container only.
        check("1", "1", "2", "", "host 1>2");
        check("1", "1", "", "", "host 1>-");
        check("", "", "1", "", "host ->1");
        check("1", "1", "2", "h", "CheckedOut");
        check("1", "1", "", "h", "container ->1");
        // A branch without a commit, checked out in another worktree.
        check("", "", "1", "h", "CheckedOut");
    }

    #[test]
    fn remote_branches_are_of_one_side() {
        let name = RefName::parse("refs/remotes/origin/x").expect("a name");
        let refs = Refs::from([(name, id('1'))]);
        assert_eq!(compare_refs(&Refs::new(), &refs, &Refs::new(), &BTreeSet::new()), []);
    }
}
