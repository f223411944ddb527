use std::ops::Range;
use std::path::PathBuf;

/// Uid and gid of the user `agent` in every image.
const AGENT_ID: u32 = 1000;

/// A user and a group of this machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl Owner {
    /// Host root.
    pub(super) const ROOT: Self = Self { uid: 0, gid: 0 };
}

/// The ids that the containers of an engine have on disk: its subordinate range, whatever range a
/// running container has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DiskIds {
    uids: Range<u32>,
    gids: Range<u32>,
}

impl DiskIds {
    /// The ids from `uids.start` and `gids.start`, the container's root, on.
    #[must_use]
    pub fn new(uids: Range<u32>, gids: Range<u32>) -> Self {
        Self { uids, gids }
    }

    /// What the container's `agent` is on disk.
    #[must_use]
    pub fn agent(&self) -> Owner {
        let id = |range: &Range<u32>| range.start.saturating_add(AGENT_ID);
        Owner { uid: id(&self.uids), gid: id(&self.gids) }
    }

    /// What the container's root is on disk.
    pub(super) fn root(&self) -> u32 {
        self.uids.start
    }

    pub(super) fn has_uid(&self, uid: u32) -> bool {
        self.uids.contains(&uid)
    }

    pub(super) fn has_gid(&self, gid: u32) -> bool {
        self.gids.contains(&gid)
    }

    /// Whether an access control list names it: user or group.
    pub(super) fn has_id(&self, id: u32) -> bool {
        self.has_uid(id) || self.has_gid(id)
    }
}

/// What an engine on this machine needs to know to care for the owners of files.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ownership {
    /// The ids of its containers.
    pub ids: DiskIds,
    /// The directory of the records of lent workspaces; host root's alone.
    pub records: PathBuf,
}
