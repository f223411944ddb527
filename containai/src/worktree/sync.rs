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
    ConflictReason, Fingerprints, Head, ObjectId, RefChange, RefDifference, RefName, Refs, Side,
    WorktreeRecord, compare_refs,
};

use super::conflict_refs::ConflictRefs;
use super::container_repository::{
    host_git, host_head, host_refs, is_for, read_record, write_record,
};
use super::untrusted_tree::UntrustedTree;
use super::{LinkedWorktree, find, index, large_files, links, objects, state};
use crate::git::ConfinedGit;
use crate::lock;
use crate::report::Reporter;

/// What is left for the container to follow.
#[derive(Debug, Default)]
pub(crate) struct WorktreeSync {
    pub(crate) refs: Vec<RefChange>,
    pub(crate) head: Option<Head>,
    /// How many references of the host have changed.
    pub(crate) fetched: usize,
}

impl WorktreeSync {
    pub(crate) fn is_up_to_date(&self) -> bool {
        self.refs.is_empty() && self.head.is_none()
    }
}

/// Brings what the container of a linked worktree committed to the host's
/// repository. `None` where there is nothing to compare: another workspace, or
/// neither side has changed.
pub(crate) async fn sync_worktree(
    workspace: &WorkspacePath,
    layout: &Layout,
    reporter: &Reporter,
) -> crate::Result<Option<WorktreeSync>> {
    if !has_changed(workspace, layout)? {
        return Ok(None);
    }
    let _lock =
        lock::acquire(&layout.worktree_lock(workspace), &format!("`{workspace}`"), reporter)
            .await?;
    let (Some(record), Some(worktree)) = (read_record(layout, workspace)?, find(workspace)?) else {
        return Ok(None);
    };
    let own = UntrustedTree::open(&layout.worktree_repository(workspace))?;
    let (Some(own), true) = (own, is_for(&record, &worktree)?) else { return Ok(None) };
    links::refuse_links(&worktree)?;
    let git = host_git(&worktree)?;
    WorktreePair { worktree: &worktree, layout, reporter, own, git, record }.sync().map(Some)
}

/// Whether one of the sides may have changed since they were last compared.
fn has_changed(workspace: &WorkspacePath, layout: &Layout) -> crate::Result<bool> {
    let Some(record) = read_record(layout, workspace)? else { return Ok(false) };
    let entry = Path::new(&record.worktree_dir).file_name().and_then(|it| it.to_str());
    let sides = [Path::new(&record.common_dir).to_owned(), layout.worktree_repository(workspace)];
    let [Some(host), Some(own)] =
        [UntrustedTree::open(&sides[0])?, UntrustedTree::open(&sides[1])?]
    else {
        return Ok(false);
    };
    let entry = entry.unwrap_or_default();
    Ok(record.index_base.is_some()
        || state::fingerprint(&own, entry)? != record.fingerprints.own
        || state::fingerprint(&host, entry)? != record.fingerprints.host)
}

/// Both sides of one worktree.
struct WorktreePair<'a> {
    worktree: &'a LinkedWorktree,
    layout: &'a Layout,
    reporter: &'a Reporter,
    own: UntrustedTree,
    git: ConfinedGit,
    record: WorktreeRecord,
}

impl WorktreePair<'_> {
    fn sync(mut self) -> crate::Result<WorktreeSync> {
        let name = self.worktree.name();
        let seen_own = state::fingerprint(&self.own, name)?;
        let (host, own) = (host_refs(&self.git)?, state::read_refs(&self.own)?);
        let (mut settled, conflicts) = self.sync_refs(&host, &own)?;
        self.save_conflicts(&host, &own, &conflicts);
        settled.head = self.sync_head()?;
        if self.lacks_index()? {
            self.record_index_base()?;
        }
        if let Some(from) = &self.record.index_base {
            index::move_to_head(self.worktree, &self.git, from, self.reporter)?;
            self.record.index_base = None;
        }
        self.record_synced(&own)?;
        let host = UntrustedTree::open(&self.worktree.common)?;
        self.record.fingerprints = match host {
            Some(host) if settled.is_up_to_date() => {
                Fingerprints { host: state::fingerprint(&host, name)?, own: seen_own }
            }
            // Looked at again until the container has followed.
            _ => Fingerprints::default(),
        };
        self.write()?;
        Ok(settled)
    }

    /// Compares references and changes those of the host that follow.
    fn sync_refs(&mut self, host: &Refs, own: &Refs) -> crate::Result<(WorktreeSync, Conflicts)> {
        let held = self.unmovable_branches()?;
        let found = compare_refs(&self.record.base, host, own, &held);
        let mut tips: Vec<ObjectId> = found.iter().filter_map(container_object).collect();
        let aside =
            own.iter().filter(|(name, id)| !name.is_branch_or_tag() && host.get(name) != Some(id));
        tips.extend(aside.map(|(_, id)| id.clone()));
        if let Some(Head::Detached(id)) = state::read_head(&self.own, self.worktree.name())? {
            tips.push(id);
        }
        if !tips.is_empty() {
            large_files::fetch(self.worktree, &self.own)?;
            let place = self.layout.worktree_dir(&self.worktree.workspace);
            objects::fetch(self.worktree, &self.own, &place, &tips)?;
        }
        let (mut settled, mut conflicts) = (WorktreeSync::default(), Conflicts::new());
        let mut changes = Vec::new();
        for difference in found {
            match self.resolve(difference, &held)? {
                RefDifference::Update(Side::Container, change) => settled.refs.push(change),
                RefDifference::Update(Side::Host, change) => changes.push(change),
                RefDifference::Conflict { name, own, reason } => {
                    conflicts.push((name, own, reason))
                }
                RefDifference::ChangedOnBoth { name, own, .. } => {
                    conflicts.push((name, own, ConflictReason::Diverged));
                }
            }
        }
        if changes.is_empty() {
            return Ok((settled, conflicts));
        }
        self.record_index_base()?;
        let kept = ConflictRefs::new(&self.git, self.worktree);
        for refused in update_refs(&self.git, &changes)? {
            let change = &changes[refused];
            let name = change.name.clone();
            conflicts.extend(change.new.clone().map(|own| (name, own, ConflictReason::Diverged)));
        }
        for change in &changes {
            kept.save_deleted(change)?;
        }
        settled.fetched = changes.len();
        Ok((settled, conflicts))
    }

    /// Where both sides changed, the one that contains the other is followed.
    fn resolve(
        &self,
        difference: RefDifference,
        held: &BTreeSet<RefName>,
    ) -> crate::Result<RefDifference> {
        let RefDifference::ChangedOnBoth { name, host, own } = &difference else {
            return Ok(difference);
        };
        let contains = |a: &ObjectId, b: &ObjectId| {
            self.git.run_succeeds(&["merge-base", "--is-ancestor", b.as_str(), a.as_str()])
        };
        let change = |old: &ObjectId, new: &ObjectId| RefChange {
            name: name.clone(),
            old: Some(old.clone()),
            new: Some(new.clone()),
        };
        Ok(match name.branch() {
            Some(_) if contains(host, own)? => {
                RefDifference::Update(Side::Container, change(own, host))
            }
            Some(_) if contains(own, host)? && !held.contains(name) => {
                RefDifference::Update(Side::Host, change(host, own))
            }
            _ => difference,
        })
    }

    /// The branches that must not move: those of other worktrees, and this one's
    /// while git is in the middle of something on the host.
    fn unmovable_branches(&self) -> crate::Result<BTreeSet<RefName>> {
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
    fn save_conflicts(&mut self, host: &Refs, own: &Refs, conflicts: &Conflicts) {
        let kept = ConflictRefs::new(&self.git, self.worktree);
        let aside =
            own.iter().filter(|(name, id)| !name.is_branch_or_tag() && host.get(name) != Some(id));
        let mut now: Refs = aside.map(|(name, id)| (name.clone(), id.clone())).collect();
        for (name, id, reason) in conflicts {
            if self.record.conflicting_refs.get(name) != Some(id) {
                let why = match reason {
                    ConflictReason::Diverged => "changed on this machine as well",
                    ConflictReason::CheckedOut => {
                        "is checked out in another worktree, or in use here"
                    }
                };
                let shown = name.branch().unwrap_or(name.as_str());
                self.reporter.warn(&format!(
                    "`{shown}` of the container {why}: the container's commits are in `{}`",
                    kept.name_for(name)
                ));
            }
            now.insert(name.clone(), id.clone());
        }
        kept.replace(&self.record.conflicting_refs, &now, self.reporter);
        self.record.conflicting_refs = now;
    }

    /// Follows `HEAD` of the container, or says what the container has to follow.
    fn sync_head(&mut self) -> crate::Result<Option<Head>> {
        let Some(own) = state::read_head(&self.own, self.worktree.name())? else { return Ok(None) };
        let host = host_head(&self.git)?;
        if host.as_ref() == Some(&own) {
            self.record.head = host;
            return Ok(None);
        }
        if self.record.head.as_ref() == Some(&own) {
            return Ok(host);
        }
        let is_free = match &own {
            Head::Branch(name) => !self.unmovable_branches()?.contains(name),
            Head::Detached(_) => true,
        };
        if host != self.record.head || !is_free {
            return Ok(None);
        }
        self.record_index_base()?;
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
    fn record_index_base(&mut self) -> crate::Result<()> {
        if self.record.index_base.is_none() {
            self.record.index_base = Some(index::base_commit(&self.git)?);
            self.write()?;
        }
        Ok(())
    }

    /// The first index of a worktree that was made without a checkout.
    fn lacks_index(&self) -> crate::Result<bool> {
        let place = Path::new("worktrees").join(self.worktree.name()).join("index");
        Ok(!self.worktree.entry.join("index").exists() && self.own.stat(&place)?.is_some())
    }

    /// Records what is the same on both sides now.
    fn record_synced(&mut self, own: &Refs) -> crate::Result<()> {
        let host = host_refs(&self.git)?;
        let base = std::mem::take(&mut self.record.base);
        let names: BTreeSet<_> = [&base, &host, own].into_iter().flat_map(Refs::keys).collect();
        for name in names.into_iter().filter(|name| name.is_branch_or_tag()) {
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

type Conflicts = Vec<(RefName, ObjectId, ConflictReason)>;

/// The object that the host needs for it.
fn container_object(difference: &RefDifference) -> Option<ObjectId> {
    match difference {
        RefDifference::Update(Side::Container, _) => None,
        RefDifference::Update(Side::Host, change) => change.new.clone(),
        RefDifference::ChangedOnBoth { own, .. } | RefDifference::Conflict { own, .. } => {
            Some(own.clone())
        }
    }
}

/// Changes references if they still have their old values, all at once where
/// that works. Returns the ones that did not change.
fn update_refs(git: &ConfinedGit, changes: &[RefChange]) -> crate::Result<Vec<usize>> {
    let words = ["update-ref", "-m", "containai", "--stdin"];
    let change = |lines: &str| git.run(&words, lines.as_bytes()).is_ok();
    let lines: Vec<_> = changes.iter().map(update_ref_line).collect();
    if change(&lines.concat()) {
        return Ok(Vec::new());
    }
    Ok(lines.iter().enumerate().filter(|(_, line)| !change(line)).map(|(at, _)| at).collect())
}

/// What `git update-ref --stdin` reads.
pub(crate) fn update_ref_line(change: &RefChange) -> String {
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
