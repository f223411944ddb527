//! Files of a container's ids become those of the workspace's owner.

use std::io;
use std::path::Path;

use rustix::fs::{FileType, Stat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::lend::strip;
use super::node::{Attributes, CAPABILITY, FileId, GROUP, Node, SET_ID};
use super::walk::{Found, Refused, Visitor, walk};
use super::{DiskIds, Owner, OwnershipError};

/// Any mode bit that lets somebody run a file.
const RUN: u32 = 0o111;
/// What an id looks like that has no place in a container's map, user_namespaces(7).
const UNMAPPED: u32 = 65534;

/// What became of the files in a workspace that belonged to a container's ids.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Reclaimed {
    /// How many of other users of the container are the owner's since.
    pub files: u64,
    /// How many that were lent to the agent, or made by it, are root's since.
    pub returned: u64,
    /// How many of the owner's own have lost set-id bits or file capabilities.
    pub cleared: u64,
    /// How many could not be changed.
    pub left: u64,
}

impl Reclaimed {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The sum of both.
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

/// Whose files are reclaimed, and for whom.
#[derive(Clone, Copy)]
pub(super) enum Reclaim<'a> {
    /// What was lent, and what the container made, becomes root's, without access lists for the
    /// container.
    Return(&'a DiskIds),
    /// What other ids of the container have becomes the agent's, to whom all is lent.
    ToAgent(&'a DiskIds),
    /// What ids of the container have becomes the owner's.
    ToOwner(&'a DiskIds, Owner),
    /// The same, seen from inside: the owner is the agent.
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

/// Reclaims a tree as the root of a container in which it is mounted with its owner mapped to the
/// agent.
///
/// # Errors
///
/// When the tree cannot be opened.
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
            // Any file of root may have a list of an earlier version.
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

    /// Changes the owner where it is one of the container's, and the group likewise.
    fn take(&mut self, node: &Node, gid: u32) -> rustix::io::Result<()> {
        let status = node.status();
        let uid = if self.how.has_uid(status.st_uid) { self.owner.uid } else { status.st_uid };
        let gid = if self.how.has_gid(status.st_gid) { gid } else { status.st_gid };
        match node.chown(uid, gid) {
            Ok(()) => {}
            // From inside it cannot be told from an id that nobody has.
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

    /// What the owner has himself may have been made by the agent.
    fn clear(&mut self, node: &Node) -> rustix::io::Result<()> {
        let mut is_cleared = node.clear_set_id()?;
        if node.attributes()?.has_capability() && self.made_capability(node)? {
            node.remove_value(CAPABILITY)?;
            is_cleared = true;
        }
        self.done.cleared += u64::from(is_cleared);
        Ok(())
    }

    /// Whether a capability comes from inside of a container: it then names the container's root,
    /// capabilities(7), "Namespaced file capabilities". The kernel shows no other one there.
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
                // Only host root can have recorded it, so that its set-group-id bit is his as well.
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
