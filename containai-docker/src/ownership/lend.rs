//! Root's files become the agent's.

use std::ffi::CStr;
use std::io;
use std::path::Path;

use rustix::fs::{FileType, Stat};
use rustix::io::Errno;

use super::acl::Acl;
use super::node::{ACCESS, Attributes, DEFAULT, GROUP, LIST, Node, SET_ID};
use super::walk::{Found, Refused, Visitor, walk};
use super::{DiskIds, Owner, OwnershipError};

/// From when on root may have made files that are not lent yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Since {
    /// Nothing is known.
    Ever,
    /// A directory that was changed last before this, in seconds of the epoch, has no new files.
    Second(i64),
}

/// What became of root's files in a tree.
#[derive(Debug, Default)]
pub(super) struct Lent {
    /// How many are the agent's since.
    pub(super) files: u64,
    /// How many stay root's: they have other names, set-id bits or capabilities, or are no files.
    pub(super) kept: u64,
    /// Whether the top of the tree could not be changed: the file system does not know owners.
    pub(super) is_closed: bool,
    pub(super) refused: Refused,
}

/// Gives what belongs to root in the tree at `top` to the agent. Modes and times stay.
///
/// The container may be running and hostile. It cannot put a file of root from outside into the
/// tree: a link needs both its names on one mount. What has further names may have them outside,
/// and stays root's.
pub(super) fn lend(top: &Path, ids: &DiskIds, since: Since) -> Result<Lent, OwnershipError> {
    let mut lending = Lending { ids, agent: ids.agent(), since, lent: Lent::default() };
    let refused = walk(top, &[], &mut lending).map_err(OwnershipError::at(top))?;
    Ok(Lent { refused, ..lending.lent })
}

/// Whether the top of a tree is the agent's, or open to it.
pub(super) fn is_lent(top: &Path, ids: &DiskIds) -> io::Result<bool> {
    let node = Node::top(top)?;
    let agent = ids.agent().uid;
    let is_named = || Some(node.acl(ACCESS).ok()??.names(agent));
    Ok(node.status().st_uid == agent || is_named().unwrap_or(false))
}

struct Lending<'a> {
    ids: &'a DiskIds,
    agent: Owner,
    since: Since,
    lent: Lent,
}

impl Visitor for Lending<'_> {
    fn wants(&self, status: &Stat) -> bool {
        status.st_uid == Owner::ROOT.uid
    }

    fn is_settled(&self, directory: &Stat) -> bool {
        matches!(self.since, Since::Second(second) if directory.st_ctime < second)
    }

    fn visit(&mut self, node: &Node, found: Found<'_>) -> rustix::io::Result<()> {
        let outcome = self.consider(node, found);
        self.lent.is_closed |= found.name.is_empty() && outcome.is_err();
        outcome
    }
}

impl Lending<'_> {
    fn consider(&mut self, node: &Node, found: Found<'_>) -> rustix::io::Result<()> {
        let status = node.status();
        if status.st_uid != Owner::ROOT.uid {
            return Ok(());
        }
        if !may_be_lent(node) {
            self.lent.kept += 1;
            return Ok(());
        }
        let attributes = node.attributes()?;
        if attributes.has_capability() {
            self.lent.kept += 1;
            return Ok(());
        }
        if git_asks_for_its_owner(found) && self.open(node, &attributes)? {
            return Ok(());
        }
        strip(node, &attributes, self.ids)?;
        self.lend(node)?;
        self.lent.files += 1;
        Ok(())
    }

    /// What cannot be guessed when the file is given back is written down first.
    fn lend(&self, node: &Node) -> rustix::io::Result<()> {
        let status = node.status();
        let hands_group_on = node.is_directory() && status.st_mode & SET_ID != 0;
        if status.st_gid == Owner::ROOT.gid && !hands_group_on {
            return node.chown(self.agent.uid, self.agent.gid);
        }
        match node.set_value(GROUP, status.st_gid.to_string().as_bytes()) {
            Ok(()) => node.chown(self.agent.uid, self.agent.gid),
            // The group stays: nobody inside is in it.
            Err(Errno::OPNOTSUPP) => node.chown(self.agent.uid, status.st_gid),
            Err(error) => Err(error),
        }
    }

    /// Lets the agent in without giving the file away; false where the file system has no lists.
    fn open(&self, node: &Node, attributes: &Attributes) -> rustix::io::Result<bool> {
        if node.kind() == FileType::Symlink {
            return Ok(true);
        }
        strip_default(node, attributes, self.ids)?;
        let before = match attributes.has(ACCESS) {
            true => node.acl(ACCESS)?,
            false => None,
        };
        let mut own = before.clone().unwrap_or_else(|| Acl::of_mode(node.status().st_mode));
        own.remove(|id| self.ids.has_id(id));
        if !own.is_mode() && !attributes.has(LIST) {
            node.set_value(LIST, &own.encode())?;
        }
        let mut acl = own.unmasked();
        // Root inside has no power over what belongs to an id that the container does not have.
        [self.ids.root(), self.agent.uid].into_iter().for_each(|uid| acl.allow(uid));
        if before.as_ref() == Some(&acl) {
            return Ok(true);
        }
        match node.set_acl(ACCESS, &acl) {
            Err(Errno::OPNOTSUPP) => Ok(false),
            outcome => outcome.map(|()| true),
        }
    }
}

/// Files, directories and links, that have no other name and give nothing to those who run them.
/// Sockets and pipes lead to programs of root.
fn may_be_lent(node: &Node) -> bool {
    let status = node.status();
    match node.kind() {
        FileType::Directory => true,
        FileType::RegularFile => status.st_nlink == 1 && status.st_mode & SET_ID == 0,
        FileType::Symlink => status.st_nlink == 1,
        _ => false,
    }
}

/// git works in a repository only if the worktree's directory, its `.git` and the directory of the
/// repository belong to the one who calls it, git-config(1), `safe.directory`.
fn git_asks_for_its_owner(found: Found<'_>) -> bool {
    const GIT: &CStr = c".git";
    let is_repository =
        found.holds(c"HEAD") && (found.holds(c"objects") || found.holds(c"commondir"));
    found.name == GIT || found.holds(GIT) || is_repository
}

/// Takes the entries of a container's ids out of the file's lists: earlier versions gave each file
/// some, and directories default ones.
pub(super) fn strip(
    node: &Node,
    attributes: &Attributes,
    ids: &DiskIds,
) -> rustix::io::Result<bool> {
    let mut is_changed = false;
    if attributes.has(LIST) {
        node.set_value(ACCESS, &node.value(LIST)?)?;
        node.remove_value(LIST)?;
        is_changed = true;
    } else if attributes.has(ACCESS)
        && let Some(mut acl) = node.acl(ACCESS)?
        && acl.remove(|id| ids.has_id(id))
    {
        // Without names in it, it becomes the mode in the same step.
        node.set_acl(ACCESS, &acl)?;
        is_changed = true;
    }
    Ok(strip_default(node, attributes, ids)? || is_changed)
}

fn strip_default(node: &Node, attributes: &Attributes, ids: &DiskIds) -> rustix::io::Result<bool> {
    if attributes.has(DEFAULT)
        && let Some(mut acl) = node.acl(DEFAULT)?
        && acl.remove(|id| ids.has_id(id))
    {
        match acl.is_mode() {
            true => node.remove_value(DEFAULT)?,
            false => node.set_acl(DEFAULT, &acl)?,
        }
        return Ok(true);
    }
    Ok(false)
}
