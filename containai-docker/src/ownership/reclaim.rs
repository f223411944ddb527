//! Changes files of container ids to the workspace's owner.

use std::io;
use std::path::Path;

use containai_core::engine::MAX_CONTAINER_IDS;
use rustix::fs::{FileType, Stat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::lend::strip_acls;
use super::node::{CAPABILITY, FileId, Node, SAVED_GROUP, SET_ID, XattrNames};
use super::walk::{VisitedFile, Visitor, WalkErrors, walk};
use super::{FileOwner, OwnershipError, SubordinateIds};

/// The mode bits that permit execution.
const EXECUTE_BITS: u32 = 0o111;
/// The id that stands for ids outside a user namespace's map, user_namespaces(7).
const OVERFLOW_ID: u32 = 65534;

/// The number of files in a workspace that were reclaimed from a container's ids.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Reclaimed {
    /// Files of other container users, now the owner's.
    pub files: u64,
    /// Files lent to the agent or created by it, now root's.
    pub returned: u64,
    /// The owner's files whose set-id bits or file capabilities were removed.
    pub cleared: u64,
    /// Files that could not be changed.
    #[serde(rename = "left")]
    pub failed: u64,
}

impl Reclaimed {
    /// Returns whether no file was affected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the sum of both.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            files: self.files + other.files,
            returned: self.returned + other.returned,
            cleared: self.cleared + other.cleared,
            failed: self.failed + other.failed,
        }
    }
}

/// The affected files and their new owner.
#[derive(Clone, Copy)]
pub(crate) enum ReclaimMode<'a> {
    /// Lent files, and files created by the container, become root's, without ACL entries of the
    /// container.
    ToRoot(&'a SubordinateIds),
    /// Files of other container ids become the agent's, to whom the tree is lent.
    ToAgent(&'a SubordinateIds),
    /// Files of container ids become the owner's.
    ToOwner(&'a SubordinateIds, FileOwner),
    /// Like [`Self::ToOwner`], from inside a container in which the owner is the agent.
    InContainer,
}

impl ReclaimMode<'_> {
    fn owner(self) -> FileOwner {
        match self {
            Self::ToRoot(_) => FileOwner::ROOT,
            Self::ToAgent(ids) => ids.agent(),
            Self::ToOwner(_, owner) => owner,
            Self::InContainer => FileOwner { uid: 1000, gid: 1000 },
        }
    }

    fn has_uid(self, uid: u32) -> bool {
        match self {
            Self::ToRoot(ids) | Self::ToAgent(ids) | Self::ToOwner(ids, _) => ids.has_uid(uid),
            Self::InContainer => uid < MAX_CONTAINER_IDS,
        }
    }

    fn has_gid(self, gid: u32) -> bool {
        match self {
            Self::ToRoot(ids) | Self::ToAgent(ids) | Self::ToOwner(ids, _) => ids.has_gid(gid),
            Self::InContainer => gid < MAX_CONTAINER_IDS,
        }
    }
}

/// Reclaims the tree at `top`.
pub(crate) fn reclaim(
    top: &Path,
    mode: ReclaimMode<'_>,
    skipped: &[FileId],
) -> Result<(Reclaimed, WalkErrors), OwnershipError> {
    let mut reclaiming = ReclaimVisitor { mode, owner: mode.owner(), done: Reclaimed::default() };
    let refused = walk(top, skipped, &mut reclaiming).map_err(OwnershipError::at(top))?;
    Ok((Reclaimed { failed: refused.count, ..reclaiming.done }, refused))
}

/// Reclaims a tree as root of a container that mounts it with its owner mapped to the agent.
///
/// # Errors
///
/// The error of opening the tree.
pub fn reclaim_in_container(top: &Path) -> io::Result<Reclaimed> {
    reclaim(top, ReclaimMode::InContainer, &[]).map(|(done, _)| done).map_err(|error| error.source)
}

struct ReclaimVisitor<'a> {
    mode: ReclaimMode<'a>,
    owner: FileOwner,
    done: Reclaimed,
}

impl Visitor for ReclaimVisitor<'_> {
    fn matches(&self, status: &Stat) -> bool {
        let is_theirs = self.has_container_id(status);
        match self.mode {
            // Any file of root may have an ACL of an earlier version.
            ReclaimMode::ToRoot(_) => is_theirs || status.st_uid == self.owner.uid,
            _ => is_theirs || is_executable(status) && status.st_uid == self.owner.uid,
        }
    }

    fn visit(&mut self, node: &Node, _: VisitedFile<'_>) -> rustix::io::Result<()> {
        if let ReclaimMode::ToRoot(ids) = self.mode {
            return self.return_to_root(node, ids);
        }
        if self.has_container_id(node.status()) {
            return self.change_owner(node, self.owner.gid);
        }
        let status = node.status();
        if status.st_uid == self.owner.uid && is_executable(status) && is_regular(status) {
            self.clear_privileges(node)?;
        }
        Ok(())
    }
}

impl ReclaimVisitor<'_> {
    fn has_container_id(&self, status: &Stat) -> bool {
        let FileOwner { uid, gid } = self.owner;
        self.mode.has_uid(status.st_uid) && status.st_uid != uid
            || self.mode.has_gid(status.st_gid) && status.st_gid != gid
    }

    /// Changes the owner if it is a container id, and the group likewise.
    fn change_owner(&mut self, node: &Node, gid: u32) -> rustix::io::Result<()> {
        let status = node.status();
        let uid = if self.mode.has_uid(status.st_uid) { self.owner.uid } else { status.st_uid };
        let gid = if self.mode.has_gid(status.st_gid) { gid } else { status.st_gid };
        match node.chown(uid, gid) {
            Ok(()) => {}
            // Inside the container, it looks the same as an unmapped id.
            Err(_) if matches!(self.mode, ReclaimMode::InContainer) && is_unmapped(status) => {
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        self.count(status);
        node.clear_set_id()?;
        Ok(())
    }

    fn count(&mut self, status: &Stat) {
        match self.mode {
            ReclaimMode::ToRoot(ids) if status.st_uid == ids.agent().uid => self.done.returned += 1,
            _ => self.done.files += 1,
        }
    }

    /// Removes set-id bits and capabilities of the owner's file, which the agent may have created.
    fn clear_privileges(&mut self, node: &Node) -> rustix::io::Result<()> {
        let mut is_cleared = node.clear_set_id()?;
        if node.xattr_names()?.has_capability() && self.is_container_capability(node)? {
            node.remove_xattr(CAPABILITY)?;
            is_cleared = true;
        }
        self.done.cleared += u64::from(is_cleared);
        Ok(())
    }

    /// Whether a capability was set in a container: it then names the container's root,
    /// capabilities(7), "Namespaced file capabilities". Inside a container, the kernel shows only
    /// such capabilities.
    fn is_container_capability(&self, node: &Node) -> rustix::io::Result<bool> {
        let value = match node.xattr(CAPABILITY) {
            Ok(value) => value,
            Err(Errno::OVERFLOW) => return Ok(false),
            Err(error) => return Err(error),
        };
        let root = value.get(20..24).and_then(|bytes| bytes.try_into().ok());
        let root = root.map(u32::from_le_bytes);
        Ok(match self.mode {
            ReclaimMode::InContainer => true,
            _ => root.is_some_and(|root| self.mode.has_uid(root)),
        })
    }

    fn return_to_root(&mut self, node: &Node, ids: &SubordinateIds) -> rustix::io::Result<()> {
        let status = node.status();
        let is_theirs = self.has_container_id(status);
        if !is_theirs && status.st_uid != self.owner.uid {
            return Ok(());
        }
        let attributes = node.xattr_names()?;
        let was_changed = node.kind() != FileType::Symlink && strip_acls(node, &attributes, ids)?;
        if !is_theirs {
            self.done.returned += u64::from(was_changed);
            return Ok(());
        }
        match recorded_group(node, &attributes)? {
            None => self.change_owner(node, self.owner.gid),
            Some(gid) => {
                // Only host root can have recorded it, so the set-group-id bit is root's as well.
                node.chown(self.owner.uid, gid)?;
                node.remove_xattr(SAVED_GROUP)?;
                self.count(status);
                match node.is_directory() {
                    true => Ok(()),
                    false => node.clear_set_id().map(drop),
                }
            }
        }
    }
}

fn recorded_group(node: &Node, attributes: &XattrNames) -> rustix::io::Result<Option<u32>> {
    if !attributes.has(SAVED_GROUP) {
        return Ok(None);
    }
    match node.xattr(SAVED_GROUP) {
        Ok(value) => Ok(std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok())),
        Err(Errno::NODATA) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_regular(status: &Stat) -> bool {
    FileType::from_raw_mode(status.st_mode) == FileType::RegularFile
}

fn is_executable(status: &Stat) -> bool {
    is_regular(status) && status.st_mode & (EXECUTE_BITS | SET_ID) != 0
}

fn is_unmapped(status: &Stat) -> bool {
    status.st_uid == OVERFLOW_ID || status.st_gid == OVERFLOW_ID
}
