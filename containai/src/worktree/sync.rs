//! Syncing the host's repository with the container's.
//!
//! The container's repository is read without following symbolic links ([`super::untrusted_tree`]).
//! git checks names and objects before a reference of the host uses them ([`super::objects`]).

use std::collections::BTreeSet;
use std::path::Path;

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
use crate::process_env::ProcessEnv;
use crate::report::Reporter;

/// The changes that the container has to apply after a sync.
#[derive(Debug, Default)]
pub(crate) struct WorktreeSync {
    /// The references to change.
    pub(crate) refs: Vec<RefChange>,
    /// The new `HEAD`; `None` if it stays.
    pub(crate) head: Option<Head>,
    /// The number of changed references on the host.
    pub(crate) fetched: usize,
}

impl WorktreeSync {
    /// Returns whether the container has nothing to change.
    pub(crate) fn is_up_to_date(&self) -> bool {
        self.refs.is_empty() && self.head.is_none()
    }
}

/// Fetches the commits of a linked worktree's container to the host's repository. `None` if the
/// workspace has no separate repository, or neither side changed.
pub(crate) async fn sync_worktree(
    workspace: &WorkspacePath,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Option<WorktreeSync>> {
    if !has_changed(workspace, env)? {
        return Ok(None);
    }
    let _lock =
        lock::acquire(&env.layout.worktree_lock(workspace), &format!("`{workspace}`"), reporter)
            .await?;
    let (Some(record), Some(worktree)) = (read_record(env, workspace)?, find(workspace)?) else {
        return Ok(None);
    };
    let own = UntrustedTree::open(&env.layout.worktree_repository(workspace))?;
    let (Some(own), true) = (own, is_for(&record, &worktree)?) else { return Ok(None) };
    links::refuse_links(&worktree)?;
    let git = host_git(&worktree, env)?;
    WorktreePair { worktree: &worktree, env, reporter, own, git, record }.sync().map(Some)
}

/// Returns whether a side may have changed since the last sync.
fn has_changed(workspace: &WorkspacePath, env: &ProcessEnv) -> crate::Result<bool> {
    let Some(record) = read_record(env, workspace)? else { return Ok(false) };
    let entry = Path::new(&record.worktree_dir).file_name().and_then(|it| it.to_str());
    let sides =
        [Path::new(&record.common_dir).to_owned(), env.layout.worktree_repository(workspace)];
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

/// The two repositories of one worktree.
struct WorktreePair<'a> {
    worktree: &'a LinkedWorktree,
    env: &'a ProcessEnv,
    reporter: &'a Reporter,
    /// The container's repository.
    own: UntrustedTree,
    /// git in the host's repository.
    git: ConfinedGit,
    /// The state after the last sync.
    record: WorktreeRecord,
}

impl WorktreePair<'_> {
    fn sync(mut self) -> crate::Result<WorktreeSync> {
        let name = self.worktree.name();
        let own_fingerprint = state::fingerprint(&self.own, name)?;
        let (host, own) = (host_refs(&self.git)?, state::read_refs(&self.own)?);
        let (mut sync, conflicts) = self.sync_refs(&host, &own)?;
        self.save_conflicts(&host, &own, &conflicts);
        sync.head = self.sync_head()?;
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
            Some(host) if sync.is_up_to_date() => {
                Fingerprints { host: state::fingerprint(&host, name)?, own: own_fingerprint }
            }
            // Compare again until the container has applied the changes.
            _ => Fingerprints::default(),
        };
        self.write()?;
        Ok(sync)
    }

    /// Compares references, and updates those of the host that the container changed.
    fn sync_refs(&mut self, host: &Refs, own: &Refs) -> crate::Result<(WorktreeSync, Conflicts)> {
        let unmovable = self.unmovable_branches()?;
        let found = compare_refs(&self.record.base, host, own, &unmovable);
        let mut tips: Vec<ObjectId> = found.iter().filter_map(container_object).collect();
        let extra =
            own.iter().filter(|(name, id)| !name.is_branch_or_tag() && host.get(name) != Some(id));
        tips.extend(extra.map(|(_, id)| id.clone()));
        if let Some(Head::Detached(id)) = state::read_head(&self.own, self.worktree.name())? {
            tips.push(id);
        }
        if !tips.is_empty() {
            large_files::fetch(self.worktree, &self.own)?;
            let directory = self.env.layout.worktree_dir(&self.worktree.workspace);
            objects::fetch(self.worktree, &self.own, &directory, &tips, self.env)?;
        }
        let (mut sync, mut conflicts) = (WorktreeSync::default(), Conflicts::new());
        let mut changes = Vec::new();
        for difference in found {
            match self.resolve(difference, &unmovable)? {
                RefDifference::Update(Side::Container, change) => sync.refs.push(change),
                RefDifference::Update(Side::Host, change) => changes.push(change),
                RefDifference::Conflict { name, own, reason } => {
                    conflicts.push((name, own, reason));
                }
                RefDifference::ChangedOnBoth { name, own, .. } => {
                    conflicts.push((name, own, ConflictReason::Diverged));
                }
            }
        }
        if changes.is_empty() {
            return Ok((sync, conflicts));
        }
        self.record_index_base()?;
        let conflict_refs = ConflictRefs::new(&self.git, self.worktree);
        for refused in update_refs(&self.git, &changes)? {
            let change = &changes[refused];
            let name = change.name.clone();
            conflicts.extend(change.new.clone().map(|own| (name, own, ConflictReason::Diverged)));
        }
        for change in &changes {
            conflict_refs.save_deleted(change)?;
        }
        sync.fetched = changes.len();
        Ok((sync, conflicts))
    }

    /// Resolves a branch that changed on both sides: a side that contains the other one wins.
    fn resolve(
        &self,
        difference: RefDifference,
        unmovable: &BTreeSet<RefName>,
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
            Some(_) if contains(own, host)? && !unmovable.contains(name) => {
                RefDifference::Update(Side::Host, change(host, own))
            }
            _ => difference,
        })
    }

    /// Returns the branches that must not move: those of other worktrees, and the current branch while
    /// a git operation is in progress on the host.
    fn unmovable_branches(&self) -> crate::Result<BTreeSet<RefName>> {
        let text = self.git.text(&["worktree", "list", "--porcelain"], b"")?;
        let recorded = super::read(&self.worktree.entry.join("gitdir"))?;
        let recorded = recorded.strip_suffix("/.git").unwrap_or(&recorded);
        let is_own = |entry: &&str| {
            let path = entry.lines().next().and_then(|line| line.strip_prefix("worktree "));
            path.is_some_and(|path| path == recorded || path == self.worktree.workspace.as_str())
        };
        let others = text.split("\n\n").filter(|it| !is_own(it));
        let branches = others.flat_map(str::lines).filter_map(|it| it.strip_prefix("branch "));
        let mut unmovable: BTreeSet<_> = branches.filter_map(RefName::parse).collect();
        let is_busy =
            ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply"]
                .iter()
                .any(|it| self.worktree.entry.join(it).symlink_metadata().is_ok());
        if let (true, Some(Head::Branch(name))) = (is_busy, host_head(&self.git)?) {
            unmovable.insert(name);
        }
        Ok(unmovable)
    }

    /// Stores conflicting references of the container beside the host's, and reports new ones.
    fn save_conflicts(&mut self, host: &Refs, own: &Refs, conflicts: &Conflicts) {
        let conflict_refs = ConflictRefs::new(&self.git, self.worktree);
        let extra =
            own.iter().filter(|(name, id)| !name.is_branch_or_tag() && host.get(name) != Some(id));
        let mut now: Refs = extra.map(|(name, id)| (name.clone(), id.clone())).collect();
        for (name, id, reason) in conflicts {
            if self.record.conflicting_refs.get(name) != Some(id) {
                let reason = match reason {
                    ConflictReason::Diverged => "also changed on this machine",
                    ConflictReason::CheckedOut => {
                        "is checked out in another worktree, or in use on this machine"
                    }
                };
                let shown = name.branch().unwrap_or(name.as_str());
                self.reporter.warn(&format!(
                    "`{shown}` {reason}: the container's commits are in `{}`",
                    conflict_refs.name_for(name)
                ));
            }
            now.insert(name.clone(), id.clone());
        }
        conflict_refs.replace(&self.record.conflicting_refs, &now, self.reporter);
        self.record.conflicting_refs = now;
    }

    /// Applies the container's `HEAD` to the host, or returns the `HEAD` that the container has to use.
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
                let args = ["update-ref", "-m", "containai", "--no-deref", "HEAD", id.as_str()];
                self.git.run(&args, b"")?;
            }
        }
        self.record.head = Some(own);
        Ok(None)
    }

    /// Records the base of the index before `HEAD` moves, so that the next command can finish an
    /// interrupted update.
    fn record_index_base(&mut self) -> crate::Result<()> {
        if self.record.index_base.is_none() {
            self.record.index_base = Some(index::base_commit(&self.git)?);
            self.write()?;
        }
        Ok(())
    }

    /// Returns whether the host lacks an index that the container has, as after a worktree was created
    /// without a checkout.
    fn lacks_index(&self) -> crate::Result<bool> {
        let path = Path::new("worktrees").join(self.worktree.name()).join("index");
        Ok(!self.worktree.entry.join("index").exists() && self.own.stat(&path)?.is_some())
    }

    /// Records the references that are now equal on both sides.
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
        write_record(self.env, &self.worktree.workspace, &self.record)
    }
}

type Conflicts = Vec<(RefName, ObjectId, ConflictReason)>;

/// Returns the container's object that the host needs for a difference.
fn container_object(difference: &RefDifference) -> Option<ObjectId> {
    match difference {
        RefDifference::Update(Side::Container, _) => None,
        RefDifference::Update(Side::Host, change) => change.new.clone(),
        RefDifference::ChangedOnBoth { own, .. } | RefDifference::Conflict { own, .. } => {
            Some(own.clone())
        }
    }
}

/// Changes references that still have their old values, in one transaction if possible. Returns the
/// indices of those that failed.
fn update_refs(git: &ConfinedGit, changes: &[RefChange]) -> crate::Result<Vec<usize>> {
    let args = ["update-ref", "-m", "containai", "--stdin"];
    let change = |lines: &str| git.run(&args, lines.as_bytes()).is_ok();
    let lines: Vec<_> = changes.iter().map(update_ref_line).collect();
    if change(&lines.concat()) {
        return Ok(Vec::new());
    }
    Ok(lines.iter().enumerate().filter(|(_, line)| !change(line)).map(|(at, _)| at).collect())
}

/// Returns a command for `git update-ref --stdin`.
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
