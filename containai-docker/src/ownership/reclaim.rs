//! Changes files of container ids to the workspace's owner.

use std::io;
use std::path::Path;

use rustix::fs::{FileType, Stat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::lend::strip;
use super::node::{Attributes, CAPABILITY, FileId, GROUP, Node, SET_ID};
use super::walk::{Found, Refused, Visitor, walk};
use super::{DiskIds, Owner, OwnershipError};

/// The mode bits that permit execution.
const RUN: u32 = 0o111;
/// The id that stands for ids outside a user namespace's map, user_namespaces(7).
const UNMAPPED: u32 = 65534;

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
    pub left: u64,
}

impl Reclaimed {
    /// Returns whether no file was affected.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the sum of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            files: self.files + other.files,
            returned: self.returned + other.returned,
            cleared: self.cleared + other.cleared,
            left: self.left + other.left,
        }
    }
}

/// The affected files and their new owner.
#[derive(Clone, Copy)]
pub(super) enum Reclaim<'a> {
    /// Lent files, and files created by the container, become root's, without ACL entries of the
    /// container.
    Return(&'a DiskIds),
    /// Files of other container ids become the agent's, to whom the tree is lent.
    ToAgent(&'a DiskIds),
    /// Files of container ids become the owner's.
    ToOwner(&'a DiskIds, Owner),
    /// Like [`Self::ToOwner`], from inside a container in which the owner is the agent.
    Inside,
}

impl Reclaim<'_> {
    fn owner(self) -> Owner {
        match self {
            Self::Return(_) => Owner::ROOT,
            Self::ToAgent(ids) => ids.agent(),
            Self::ToOwner(_, owner) => owner,
            Self::Inside => Owner { uid: 1000, gid: 1000 },
        }
    }

    fn has_uid(self, uid: u32) -> bool {
        match self {
            Self::Return(ids) | Self::ToAgent(ids) | Self::ToOwner(ids, _) => ids.has_uid(uid),
            Self::Inside => uid <= u32::from(u16::MAX),
        }
    }

    fn has_gid(self, gid: u32) -> bool {
        match self {
            Self::Return(ids) | Self::ToAgent(ids) | Self::ToOwner(ids, _) => ids.has_gid(gid),
            Self::Inside => gid <= u32::from(u16::MAX),
        }
    }
}

/// Reclaims the tree at `top`.
pub(super) fn reclaim(
    top: &Path,
    how: Reclaim<'_>,
    left_out: &[FileId],
) -> Result<(Reclaimed, Refused), OwnershipError> {
    let mut reclaiming = Reclaiming { how, owner: how.owner(), done: Reclaimed::default() };
    let refused = walk(top, left_out, &mut reclaiming).map_err(OwnershipError::at(top))?;
    Ok((Reclaimed { left: refused.files, ..reclaiming.done }, refused))
}

/// Reclaims a tree as root of a container that mounts it with its owner mapped to the agent.
///
/// # Errors
///
/// The error of opening the tree.
pub fn reclaim_inside(top: &Path) -> io::Result<Reclaimed> {
    reclaim(top, Reclaim::Inside, &[]).map(|(done, _)| done).map_err(|error| error.source)
}

struct Reclaiming<'a> {
    how: Reclaim<'a>,
    owner: Owner,
    done: Reclaimed,
}

impl Visitor for Reclaiming<'_> {
    fn wants(&self, status: &Stat) -> bool {
        let is_theirs = self.is_theirs(status);
        match self.how {
            // Any file of root may have an ACL of an earlier version.
            Reclaim::Return(_) => is_theirs || status.st_uid == self.owner.uid,
            _ => is_theirs || is_runnable(status) && status.st_uid == self.owner.uid,
        }
    }

    fn visit(&mut self, node: &Node, _: Found<'_>) -> rustix::io::Result<()> {
        if let Reclaim::Return(ids) = self.how {
            return self.give_back(node, ids);
        }
        if self.is_theirs(node.status()) {
            return self.take(node, self.owner.gid);
        }
        let status = node.status();
        if status.st_uid == self.owner.uid && is_runnable(status) && is_regular(status) {
            self.clear(node)?;
        }
        Ok(())
    }
}

impl Reclaiming<'_> {
    fn is_theirs(&self, status: &Stat) -> bool {
        let Owner { uid, gid } = self.owner;
        self.how.has_uid(status.st_uid) && status.st_uid != uid
            || self.how.has_gid(status.st_gid) && status.st_gid != gid
    }

    /// Changes the owner if it is a container id, and the group likewise.
    fn take(&mut self, node: &Node, gid: u32) -> rustix::io::Result<()> {
        let status = node.status();
        let uid = if self.how.has_uid(status.st_uid) { self.owner.uid } else { status.st_uid };
        let gid = if self.how.has_gid(status.st_gid) { gid } else { status.st_gid };
        match node.chown(uid, gid) {
            Ok(()) => {}
            // Inside the container, it looks the same as an unmapped id.
            Err(_) if matches!(self.how, Reclaim::Inside) && is_unmapped(status) => return Ok(()),
            Err(error) => return Err(error),
        }
        self.count(status);
        node.clear_set_id()?;
        Ok(())
    }

    fn count(&mut self, status: &Stat) {
        match self.how {
            Reclaim::Return(ids) if status.st_uid == ids.agent().uid => self.done.returned += 1,
            _ => self.done.files += 1,
        }
    }

    /// Removes set-id bits and capabilities of the owner's file, which the agent may have created.
    fn clear(&mut self, node: &Node) -> rustix::io::Result<()> {
        let mut is_cleared = node.clear_set_id()?;
        if node.attributes()?.has_capability() && self.made_capability(node)? {
            node.remove_value(CAPABILITY)?;
            is_cleared = true;
        }
        self.done.cleared += u64::from(is_cleared);
        Ok(())
    }

    /// Whether a capability was set in a container: it then names the container's root,
    /// capabilities(7), "Namespaced file capabilities". Inside a container, the kernel shows only
    /// such capabilities.
    fn made_capability(&self, node: &Node) -> rustix::io::Result<bool> {
        let value = match node.value(CAPABILITY) {
            Ok(value) => value,
            Err(Errno::OVERFLOW) => return Ok(false),
            Err(error) => return Err(error),
        };
        let root = value.get(20..24).and_then(|bytes| bytes.try_into().ok());
        let root = root.map(u32::from_le_bytes);
        Ok(match self.how {
            Reclaim::Inside => true,
            _ => root.is_some_and(|root| self.how.has_uid(root)),
        })
    }

    fn give_back(&mut self, node: &Node, ids: &DiskIds) -> rustix::io::Result<()> {
        let status = node.status();
        let is_theirs = self.is_theirs(status);
        if !is_theirs && status.st_uid != self.owner.uid {
            return Ok(());
        }
        let attributes = node.attributes()?;
        let was_changed = node.kind() != FileType::Symlink && strip(node, &attributes, ids)?;
        if !is_theirs {
            self.done.returned += u64::from(was_changed);
            return Ok(());
        }
        match recorded_group(node, &attributes)? {
            None => self.take(node, self.owner.gid),
            Some(gid) => {
                // Only host root can have recorded it, so the set-group-id bit is root's as well.
                node.chown(self.owner.uid, gid)?;
                node.remove_value(GROUP)?;
                self.count(status);
                match node.is_directory() {
                    true => Ok(()),
                    false => node.clear_set_id().map(drop),
                }
            }
        }
    }
}

fn recorded_group(node: &Node, attributes: &Attributes) -> rustix::io::Result<Option<u32>> {
    if !attributes.has(GROUP) {
        return Ok(None);
    }
    match node.value(GROUP) {
        Ok(value) => Ok(std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok())),
        Err(Errno::NODATA) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_regular(status: &Stat) -> bool {
    FileType::from_raw_mode(status.st_mode) == FileType::RegularFile
}

fn is_runnable(status: &Stat) -> bool {
    is_regular(status) && status.st_mode & (RUN | SET_ID) != 0
}

fn is_unmapped(status: &Stat) -> bool {
    status.st_uid == UNMAPPED || status.st_gid == UNMAPPED
}
