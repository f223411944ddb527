//! Changes files of root to the agent.

use std::ffi::CStr;
use std::io;
use std::path::Path;

use rustix::fs::{FileType, Stat};
use rustix::io::Errno;

use super::acl::Acl;
use super::node::{ACCESS_ACL, DEFAULT_ACL, Node, SAVED_ACL, SAVED_GROUP, SET_ID, XattrNames};
use super::walk::{VisitedFile, Visitor, WalkErrors, walk};
use super::{FileOwner, OwnershipError, SubordinateIds};

/// The time since which root may have created files that are not lent yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ChangedSince {
    /// Unknown.
    Unknown,
    /// Seconds of the epoch; a directory that was last changed before has no new files.
    EpochSeconds(i64),
}

/// The result of lending a tree.
#[derive(Debug, Default)]
pub(super) struct LendSummary {
    /// Files that are now the agent's.
    pub(super) files: u64,
    /// Files that stay root's: they have other hard links, set-id bits or capabilities, or are
    /// special files.
    pub(super) skipped: u64,
    /// Whether the top of the tree could not be changed: the file system does not support owners.
    pub(super) has_top_failed: bool,
    pub(super) errors: WalkErrors,
}

/// Changes the files of root in the tree at `top` to the agent. Modes and times are preserved.
///
/// The container may be running and hostile. It cannot link a file of root from outside into the
/// tree: both names of a hard link have to be on one mount. A file with several names may have one
/// outside, and stays root's.
pub(super) fn give_to_agent(
    top: &Path,
    ids: &SubordinateIds,
    since: ChangedSince,
) -> Result<LendSummary, OwnershipError> {
    let mut lending = LendVisitor { ids, agent: ids.agent(), since, lent: LendSummary::default() };
    let refused = walk(top, &[], &mut lending).map_err(OwnershipError::at(top))?;
    Ok(LendSummary { errors: refused, ..lending.lent })
}

/// Returns whether the top of a tree belongs to the agent, or has an ACL entry of it.
pub(super) fn is_lent(top: &Path, ids: &SubordinateIds) -> io::Result<bool> {
    let node = Node::open(top)?;
    let agent = ids.agent().uid;
    let is_named = || Some(node.acl(ACCESS_ACL).ok()??.has_user(agent));
    Ok(node.status().st_uid == agent || is_named().unwrap_or(false))
}

struct LendVisitor<'a> {
    ids: &'a SubordinateIds,
    agent: FileOwner,
    since: ChangedSince,
    lent: LendSummary,
}

impl Visitor for LendVisitor<'_> {
    fn matches(&self, status: &Stat) -> bool {
        status.st_uid == FileOwner::ROOT.uid
    }

    fn is_unchanged(&self, directory: &Stat) -> bool {
        matches!(self.since, ChangedSince::EpochSeconds(second) if directory.st_ctime < second)
    }

    fn visit(&mut self, node: &Node, found: VisitedFile<'_>) -> rustix::io::Result<()> {
        let outcome = self.visit_node(node, found);
        self.lent.has_top_failed |= found.name.is_empty() && outcome.is_err();
        outcome
    }
}

impl LendVisitor<'_> {
    fn visit_node(&mut self, node: &Node, found: VisitedFile<'_>) -> rustix::io::Result<()> {
        let status = node.status();
        if status.st_uid != FileOwner::ROOT.uid {
            return Ok(());
        }
        if !may_be_lent(node) {
            self.lent.skipped += 1;
            return Ok(());
        }
        let attributes = node.xattr_names()?;
        if attributes.has_capability() {
            self.lent.skipped += 1;
            return Ok(());
        }
        if git_checks_owner(found) && self.grant_access(node, &attributes)? {
            return Ok(());
        }
        strip_acls(node, &attributes, self.ids)?;
        self.lend(node)?;
        self.lent.files += 1;
        Ok(())
    }

    /// Changes the owner, after recording the group if it cannot be derived when the file is
    /// returned.
    fn lend(&self, node: &Node) -> rustix::io::Result<()> {
        let status = node.status();
        let hands_group_on = node.is_directory() && status.st_mode & SET_ID != 0;
        if status.st_gid == FileOwner::ROOT.gid && !hands_group_on {
            return node.chown(self.agent.uid, self.agent.gid);
        }
        match node.set_xattr(SAVED_GROUP, status.st_gid.to_string().as_bytes()) {
            Ok(()) => node.chown(self.agent.uid, self.agent.gid),
            // The group stays; it has no members in the container.
            Err(Errno::OPNOTSUPP) => node.chown(self.agent.uid, status.st_gid),
            Err(error) => Err(error),
        }
    }

    /// Gives the agent access without changing the owner. Returns false if the file system has no
    /// ACLs.
    fn grant_access(&self, node: &Node, attributes: &XattrNames) -> rustix::io::Result<bool> {
        if node.kind() == FileType::Symlink {
            return Ok(true);
        }
        strip_default_acl(node, attributes, self.ids)?;
        let before = match attributes.has(ACCESS_ACL) {
            true => node.acl(ACCESS_ACL)?,
            false => None,
        };
        let mut own = before.clone().unwrap_or_else(|| Acl::from_mode(node.status().st_mode));
        own.remove(|id| self.ids.has_id(id));
        if !own.is_minimal() && !attributes.has(SAVED_ACL) {
            node.set_xattr(SAVED_ACL, &own.encode())?;
        }
        let mut acl = own.unmasked();
        // The container's root has no privileges over files of an id outside its map.
        [self.ids.root(), self.agent.uid].into_iter().for_each(|uid| acl.allow(uid));
        if before.as_ref() == Some(&acl) {
            return Ok(true);
        }
        match node.set_acl(ACCESS_ACL, &acl) {
            Err(Errno::OPNOTSUPP) => Ok(false),
            outcome => outcome.map(|()| true),
        }
    }
}

/// Whether a file may be lent: directories, and files and links with a single name and without
/// set-id bits. Sockets and pipes are connected to programs of root.
fn may_be_lent(node: &Node) -> bool {
    let status = node.status();
    match node.kind() {
        FileType::Directory => true,
        FileType::RegularFile => status.st_nlink == 1 && status.st_mode & SET_ID == 0,
        FileType::Symlink => status.st_nlink == 1,
        _ => false,
    }
}

/// Whether git checks the owner of this file: git uses a repository only if the worktree's
/// directory, its `.git` and the repository's directory belong to the calling user, git-config(1),
/// `safe.directory`.
fn git_checks_owner(found: VisitedFile<'_>) -> bool {
    const GIT: &CStr = c".git";
    let is_repository =
        found.contains(c"HEAD") && (found.contains(c"objects") || found.contains(c"commondir"));
    found.name == GIT || found.contains(GIT) || is_repository
}

/// Removes the entries of container ids from the file's ACLs. Earlier versions added such entries
/// to each file, and default ACLs to directories.
pub(super) fn strip_acls(
    node: &Node,
    attributes: &XattrNames,
    ids: &SubordinateIds,
) -> rustix::io::Result<bool> {
    let mut is_changed = false;
    if attributes.has(SAVED_ACL) {
        node.set_xattr(ACCESS_ACL, &node.xattr(SAVED_ACL)?)?;
        node.remove_xattr(SAVED_ACL)?;
        is_changed = true;
    } else if attributes.has(ACCESS_ACL)
        && let Some(mut acl) = node.acl(ACCESS_ACL)?
        && acl.remove(|id| ids.has_id(id))
    {
        // A minimal ACL is converted to mode bits in the same step.
        node.set_acl(ACCESS_ACL, &acl)?;
        is_changed = true;
    }
    Ok(strip_default_acl(node, attributes, ids)? || is_changed)
}

fn strip_default_acl(
    node: &Node,
    attributes: &XattrNames,
    ids: &SubordinateIds,
) -> rustix::io::Result<bool> {
    if attributes.has(DEFAULT_ACL)
        && let Some(mut acl) = node.acl(DEFAULT_ACL)?
        && acl.remove(|id| ids.has_id(id))
    {
        match acl.is_minimal() {
            true => node.remove_xattr(DEFAULT_ACL)?,
            false => node.set_acl(DEFAULT_ACL, &acl)?,
        }
        return Ok(true);
    }
    Ok(false)
}
