//! References of a container that are kept beside the host's references.

use containai_core::worktree::{RefChange, RefName, Refs};

use super::LinkedWorktree;
use crate::git::ConfinedGit;
use crate::report::Reporter;

/// The references below `refs/containai/<worktree>` on the host.
pub(crate) struct ConflictRefs<'a> {
    git: &'a ConfinedGit,
    worktree: String,
}

impl<'a> ConflictRefs<'a> {
    /// Selects the references for a worktree.
    pub(crate) fn new(git: &'a ConfinedGit, worktree: &LinkedWorktree) -> Self {
        let name = worktree.name();
        let is_usable = RefName::parse(&format!("refs/containai/{name}")).is_some();
        let worktree = if is_usable { name.to_owned() } else { worktree.workspace.digest() };
        Self { git, worktree }
    }

    /// Returns the host's reference for a reference of the container.
    pub(crate) fn name_for(&self, name: &RefName) -> String {
        format!("refs/containai/{}/{}", self.worktree, name.below_refs())
    }

    /// Replaces the references `before` by `now`. A reference that cannot be stored remains only in
    /// the container's repository.
    pub(crate) fn replace(&self, before: &Refs, now: &Refs, reporter: &Reporter) {
        // Deletions first: a name may be the directory of another one.
        for name in before.keys().filter(|name| !now.contains_key(name)) {
            let _ = self.git.run(&["update-ref", "-d", &self.name_for(name)], b"");
        }
        for (name, id) in now.iter().filter(|(name, id)| before.get(*name) != Some(*id)) {
            let reference = self.name_for(name);
            if let Err(error) = self.git.run(&["update-ref", &reference, id.as_str()], b"") {
                reporter.warn(&format!(
                    "cannot store `{name}` of the container as `{reference}`: {error:#}"
                ));
            }
        }
    }

    /// Stores the last value of a deleted reference, unless another reference contains it.
    pub(crate) fn save_deleted(&self, change: &RefChange) -> crate::Result<()> {
        let (Some(old), None) = (&change.old, &change.new) else { return Ok(()) };
        let args = ["for-each-ref", "--count=1", "--contains", old.as_str()];
        let namespaces = ["refs/heads", "refs/tags", "refs/remotes", "refs/containai"];
        let found = self.git.text(&[&args[..], &namespaces].concat(), b"");
        if found.is_ok_and(|it| it.is_empty()) {
            let reference = self.name_for(&change.name).replacen(
                &format!("{}/", self.worktree),
                &format!("{}/deleted/", self.worktree),
                1,
            );
            self.git.run(&["update-ref", &reference, old.as_str()], b"")?;
        }
        Ok(())
    }
}
