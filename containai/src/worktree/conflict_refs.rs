//! What a container has that is not to become the host's own references.

use containai_core::worktree::{RefChange, RefName, Refs};

use super::LinkedWorktree;
use crate::git::ConfinedGit;
use crate::report::Reporter;

/// References of the host, below `refs/containai/<worktree>`.
pub(crate) struct ConflictRefs<'a> {
    git: &'a ConfinedGit,
    worktree: String,
}

impl<'a> ConflictRefs<'a> {
    pub(crate) fn new(git: &'a ConfinedGit, worktree: &LinkedWorktree) -> Self {
        let name = worktree.name();
        let is_usable = RefName::parse(&format!("refs/containai/{name}")).is_some();
        let worktree = if is_usable { name.to_owned() } else { worktree.workspace.digest() };
        Self { git, worktree }
    }

    /// The reference that stands for one of the container's.
    pub(crate) fn name_for(&self, name: &RefName) -> String {
        format!("refs/containai/{}/{}", self.worktree, name.below_refs())
    }

    /// Makes them these, in place of those. What cannot be kept stays in the
    /// container's repository alone.
    pub(crate) fn replace(&self, before: &Refs, now: &Refs, reporter: &Reporter) {
        // Those first that go: a name may be the directory of another one.
        for name in before.keys().filter(|name| !now.contains_key(name)) {
            let _ = self.git.run(&["update-ref", "-d", &self.name_for(name)], b"");
        }
        for (name, id) in now.iter().filter(|(name, id)| before.get(*name) != Some(*id)) {
            let place = self.name_for(name);
            if let Err(error) = self.git.run(&["update-ref", &place, id.as_str()], b"") {
                reporter.warn(&format!(
                    "cannot keep `{name}` of the container in `{place}`: {error:#}"
                ));
            }
        }
    }

    /// Keeps the last value of a reference that was deleted, unless another one
    /// contains it.
    pub(crate) fn save_deleted(&self, change: &RefChange) -> crate::Result<()> {
        let (Some(old), None) = (&change.old, &change.new) else { return Ok(()) };
        let words = ["for-each-ref", "--count=1", "--contains", old.as_str()];
        let elsewhere = ["refs/heads", "refs/tags", "refs/remotes", "refs/containai"];
        let found = self.git.text(&[&words[..], &elsewhere].concat(), b"");
        if found.is_ok_and(|it| it.is_empty()) {
            let place = self.name_for(&change.name).replacen(
                &format!("{}/", self.worktree),
                &format!("{}/deleted/", self.worktree),
                1,
            );
            self.git.run(&["update-ref", &place, old.as_str()], b"")?;
        }
        Ok(())
    }
}
