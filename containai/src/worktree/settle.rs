//! What a container committed, brought to the host's repository.
//!
//! Everything that is read from the container's own repository is read without
//! following a link ([`super::tree`]), and is a name or an object that git
//! checks before anything of the host names it ([`super::objects`]).

use std::collections::BTreeSet;
use std::path::Path;

use containai_core::layout::Layout;
use containai_core::naming::WorkspacePath;
use containai_core::worktree::{
    Difference, Fingerprints, Head, ObjectId, Reason, RefChange, RefName, Refs, Side,
    WorktreeRecord, compare,
};

use super::kept::Kept;
use super::own::{host_git, host_head, host_refs, is_about, read_record, write_record};
use super::tree::Tree;
use super::{LinkedWorktree, find, index, large_files, links, objects, state};
use crate::git::ConfinedGit;
use crate::lock;
use crate::report::Reporter;

/// What is left for the container to follow.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub(crate) refs: Vec<RefChange>,
    pub(crate) head: Option<Head>,
    /// How many references of the host have changed.
    pub(crate) brought: usize,
}

impl Settled {
    pub(crate) fn is_over(&self) -> bool {
        self.refs.is_empty() && self.head.is_none()
    }
}

/// Brings what the container of a linked worktree committed to the host's
/// repository. `None` where there is nothing to compare: another workspace, or
/// neither side has changed.
pub(crate) async fn bring_over(
    workspace: &WorkspacePath,
    layout: &Layout,
    reporter: &Reporter,
) -> crate::Result<Option<Settled>> {
    if !has_changed(workspace, layout)? {
        return Ok(None);
    }
    let _lock =
        lock::hold(&layout.worktree_lock(workspace), &format!("`{workspace}`"), reporter).await?;
    let (Some(record), Some(worktree)) = (read_record(layout, workspace)?, find(workspace)?) else {
        return Ok(None);
    };
    let own = Tree::open(&layout.worktree_repository(workspace))?;
    let (Some(own), true) = (own, is_about(&record, &worktree)?) else { return Ok(None) };
    links::refuse(&worktree)?;
    let git = host_git(&worktree)?;
    Meeting { worktree: &worktree, layout, reporter, own, git, record }.settle().map(Some)
}

/// Whether one of the sides may have changed since they were last compared.
fn has_changed(workspace: &WorkspacePath, layout: &Layout) -> crate::Result<bool> {
    let Some(record) = read_record(layout, workspace)? else { return Ok(false) };
    let entry = Path::new(&record.entry).file_name().and_then(|it| it.to_str());
    let sides = [Path::new(&record.common).to_owned(), layout.worktree_repository(workspace)];
    let [Some(host), Some(own)] = [Tree::open(&sides[0])?, Tree::open(&sides[1])?] else {
        return Ok(false);
    };
    let entry = entry.unwrap_or_default();
    Ok(record.adjusting.is_some()
        || state::fingerprint(&own, entry)? != record.seen.own
        || state::fingerprint(&host, entry)? != record.seen.host)
}

/// Both sides of one worktree.
struct Meeting<'a> {
    worktree: &'a LinkedWorktree,
    layout: &'a Layout,
    reporter: &'a Reporter,
    own: Tree,
    git: ConfinedGit,
    record: WorktreeRecord,
}

impl Meeting<'_> {
    fn settle(mut self) -> crate::Result<Settled> {
        let name = self.worktree.name();
        let seen_own = state::fingerprint(&self.own, name)?;
        let (host, own) = (host_refs(&self.git)?, state::refs(&self.own)?);
        let (mut settled, conflicts) = self.settle_refs(&host, &own)?;
        self.keep(&host, &own, &conflicts);
        settled.head = self.settle_head()?;
        if self.lacks_index()? {
            self.begin_to_adjust()?;
        }
        if let Some(from) = &self.record.adjusting {
            index::adjust(self.worktree, &self.git, from, self.reporter)?;
            self.record.adjusting = None;
        }
        self.agree(&own)?;
        let host = Tree::open(&self.worktree.common)?;
        self.record.seen = match host {
            Some(host) if settled.is_over() => {
                Fingerprints { host: state::fingerprint(&host, name)?, own: seen_own }
            }
            // Looked at again until the container has followed.
            _ => Fingerprints::default(),
        };
        self.write()?;
        Ok(settled)
    }

    /// Compares references and changes those of the host that follow.
    fn settle_refs(&mut self, host: &Refs, own: &Refs) -> crate::Result<(Settled, Conflicts)> {
        let held = self.held()?;
        let found = compare(&self.record.base, host, own, &held);
        let mut tips: Vec<ObjectId> = found.iter().filter_map(of_container).collect();
        let aside = own.iter().filter(|(name, id)| !name.is_mutual() && host.get(name) != Some(id));
        tips.extend(aside.map(|(_, id)| id.clone()));
        if let Some(Head::Detached(id)) = state::head(&self.own, self.worktree.name())? {
            tips.push(id);
        }
        if !tips.is_empty() {
            large_files::bring(self.worktree, &self.own)?;
            let place = self.layout.worktree_dir(&self.worktree.workspace);
            objects::bring(self.worktree, &self.own, &place, &tips)?;
        }
        let (mut settled, mut conflicts) = (Settled::default(), Conflicts::new());
        let mut changes = Vec::new();
        for difference in found {
            match self.resolve(difference, &held)? {
                Difference::Follow(Side::Own, change) => settled.refs.push(change),
                Difference::Follow(Side::Host, change) => changes.push(change),
                Difference::Conflict { name, own, reason } => conflicts.push((name, own, reason)),
                Difference::Both { name, own, .. } => {
                    conflicts.push((name, own, Reason::Diverged));
                }
            }
        }
        if changes.is_empty() {
            return Ok((settled, conflicts));
        }
        self.begin_to_adjust()?;
        let kept = Kept::new(&self.git, self.worktree);
        for refused in change_all(&self.git, &changes)? {
            let change = &changes[refused];
            let name = change.name.clone();
            conflicts.extend(change.new.clone().map(|own| (name, own, Reason::Diverged)));
        }
        for change in &changes {
            kept.save_deleted(change)?;
        }
        settled.brought = changes.len();
        Ok((settled, conflicts))
    }

    /// Where both sides changed, the one that contains the other is followed.
    fn resolve(
        &self,
        difference: Difference,
        held: &BTreeSet<RefName>,
    ) -> crate::Result<Difference> {
        let Difference::Both { name, host, own } = &difference else { return Ok(difference) };
        let contains = |a: &ObjectId, b: &ObjectId| {
            self.git.succeeds(&["merge-base", "--is-ancestor", b.as_str(), a.as_str()])
        };
        let change = |old: &ObjectId, new: &ObjectId| RefChange {
            name: name.clone(),
            old: Some(old.clone()),
            new: Some(new.clone()),
        };
        Ok(match name.branch() {
            Some(_) if contains(host, own)? => Difference::Follow(Side::Own, change(own, host)),
            Some(_) if contains(own, host)? && !held.contains(name) => {
                Difference::Follow(Side::Host, change(host, own))
            }
            _ => difference,
        })
    }

    /// The branches that must not move: those of other worktrees, and this one's
    /// while git is in the middle of something on the host.
    fn held(&self) -> crate::Result<BTreeSet<RefName>> {
        let text = self.git.text(&["worktree", "list", "--porcelain"], b"")?;
        let noted = super::read(&self.worktree.entry.join("gitdir"))?;
        let noted = noted.strip_suffix("/.git").unwrap_or(&noted);
        let is_own = |entry: &&str| {
            let path = entry.lines().next().and_then(|line| line.strip_prefix("worktree "));
            path.is_some_and(|path| path == noted || path == self.worktree.workspace.as_str())
        };
        let others = text.split("\n\n").filter(|it| !is_own(it));
        let branches = others.flat_map(str::lines).filter_map(|it| it.strip_prefix("branch "));
        let mut held: BTreeSet<_> = branches.filter_map(RefName::parse).collect();
        let is_busy =
            ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply"]
                .iter()
                .any(|it| self.worktree.entry.join(it).symlink_metadata().is_ok());
        if let (true, Some(Head::Branch(name))) = (is_busy, host_head(&self.git)?) {
            held.insert(name);
        }
        Ok(held)
    }

    /// Keeps what does not become the host's own beside it, and says so once.
    fn keep(&mut self, host: &Refs, own: &Refs, conflicts: &Conflicts) {
        let kept = Kept::new(&self.git, self.worktree);
        let aside = own.iter().filter(|(name, id)| !name.is_mutual() && host.get(name) != Some(id));
        let mut now: Refs = aside.map(|(name, id)| (name.clone(), id.clone())).collect();
        for (name, id, reason) in conflicts {
            if self.record.kept.get(name) != Some(id) {
                let why = match reason {
                    Reason::Diverged => "changed on this machine as well",
                    Reason::CheckedOut => "is checked out in another worktree, or in use here",
                };
                let shown = name.branch().unwrap_or(name.as_str());
                self.reporter.warn(&format!(
                    "`{shown}` of the container {why}: the container's commits are in `{}`",
                    kept.place(name)
                ));
            }
            now.insert(name.clone(), id.clone());
        }
        kept.replace(&self.record.kept, &now, self.reporter);
        self.record.kept = now;
    }

    /// Follows `HEAD` of the container, or says what the container has to follow.
    fn settle_head(&mut self) -> crate::Result<Option<Head>> {
        let Some(own) = state::head(&self.own, self.worktree.name())? else { return Ok(None) };
        let host = host_head(&self.git)?;
        if host.as_ref() == Some(&own) {
            self.record.head = host;
            return Ok(None);
        }
        if self.record.head.as_ref() == Some(&own) {
            return Ok(host);
        }
        let is_free = match &own {
            Head::Branch(name) => !self.held()?.contains(name),
            Head::Detached(_) => true,
        };
        if host != self.record.head || !is_free {
            return Ok(None);
        }
        self.begin_to_adjust()?;
        match &own {
            Head::Branch(name) => {
                self.git.run(&["symbolic-ref", "-m", "containai", "HEAD", name.as_str()], b"")?;
            }
            Head::Detached(id) => {
                let words = ["update-ref", "-m", "containai", "--no-deref", "HEAD", id.as_str()];
                self.git.run(&words, b"")?;
            }
        }
        self.record.head = Some(own);
        Ok(None)
    }

    /// Notes for which commit the index is, before `HEAD` moves: whatever is
    /// interrupted then, the next command adjusts it.
    fn begin_to_adjust(&mut self) -> crate::Result<()> {
        if self.record.adjusting.is_none() {
            self.record.adjusting = Some(index::base(&self.git)?);
            self.write()?;
        }
        Ok(())
    }

    /// The first index of a worktree that was made without a checkout.
    fn lacks_index(&self) -> crate::Result<bool> {
        let place = Path::new("worktrees").join(self.worktree.name()).join("index");
        Ok(!self.worktree.entry.join("index").exists() && self.own.look(&place)?.is_some())
    }

    /// Records what is the same on both sides now.
    fn agree(&mut self, own: &Refs) -> crate::Result<()> {
        let host = host_refs(&self.git)?;
        let base = std::mem::take(&mut self.record.base);
        let names: BTreeSet<_> = [&base, &host, own].into_iter().flat_map(Refs::keys).collect();
        for name in names.into_iter().filter(|name| name.is_mutual()) {
            let value = if host.get(name) == own.get(name) { &host } else { &base };
            if let Some(id) = value.get(name) {
                self.record.base.insert(name.clone(), id.clone());
            }
        }
        Ok(())
    }

    fn write(&self) -> crate::Result<()> {
        write_record(self.layout, &self.worktree.workspace, &self.record)
    }
}

type Conflicts = Vec<(RefName, ObjectId, Reason)>;

/// The object that the host needs for it.
fn of_container(difference: &Difference) -> Option<ObjectId> {
    match difference {
        Difference::Follow(Side::Own, _) => None,
        Difference::Follow(Side::Host, change) => change.new.clone(),
        Difference::Both { own, .. } | Difference::Conflict { own, .. } => Some(own.clone()),
    }
}

/// Changes references if they still have their old values, all at once where
/// that works. Returns the ones that did not change.
fn change_all(git: &ConfinedGit, changes: &[RefChange]) -> crate::Result<Vec<usize>> {
    let words = ["update-ref", "-m", "containai", "--stdin"];
    let change = |lines: &str| git.run(&words, lines.as_bytes()).is_ok();
    let lines: Vec<_> = changes.iter().map(line).collect();
    if change(&lines.concat()) {
        return Ok(Vec::new());
    }
    Ok(lines.iter().enumerate().filter(|(_, line)| !change(line)).map(|(at, _)| at).collect())
}

/// What `git update-ref --stdin` reads.
pub(crate) fn line(change: &RefChange) -> String {
    let RefChange { name, old, new } = change;
    match (old, new) {
        (None, None) => String::new(),
        (None, Some(new)) => format!("create {name} {new}\n"),
        (Some(old), Some(new)) => format!("update {name} {new} {old}\n"),
        (Some(old), None) => format!("delete {name} {old}\n"),
    }
}

#[cfg(test)]
mod tests;
