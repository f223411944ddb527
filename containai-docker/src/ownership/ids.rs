use std::ops::Range;
use std::path::PathBuf;

/// Uid and gid of the user `agent` in every image.
const AGENT_ID: u32 = 1000;

/// Returns the id of the container's `agent` on disk, from the engine's first subordinate id.
pub(crate) fn agent_id(first: u32) -> u32 {
    first.saturating_add(AGENT_ID)
}

/// A user and a group on this machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FileOwner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl FileOwner {
    /// Host root.
    pub(crate) const ROOT: Self = Self { uid: 0, gid: 0 };
}

/// The ids of an engine's containers on disk: the engine's whole subordinate range, regardless of
/// the range of a running container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SubordinateIds {
    uids: Range<u32>,
    gids: Range<u32>,
}

impl SubordinateIds {
    /// Returns the ids in these ranges; the first ones are the container's root.
    #[must_use]
    pub fn new(uids: Range<u32>, gids: Range<u32>) -> Self {
        Self { uids, gids }
    }

    /// Returns the id of the container's `agent` on disk.
    #[must_use]
    pub fn agent(&self) -> FileOwner {
        FileOwner { uid: agent_id(self.uids.start), gid: agent_id(self.gids.start) }
    }

    /// Returns the uid of the container's root on disk.
    pub(super) fn root(&self) -> u32 {
        self.uids.start
    }

    pub(super) fn has_uid(&self, uid: u32) -> bool {
        self.uids.contains(&uid)
    }

    pub(super) fn has_gid(&self, gid: u32) -> bool {
        self.gids.contains(&gid)
    }

    /// Whether the id is a user or a group of the containers.
    pub(super) fn has_id(&self, id: u32) -> bool {
        self.has_uid(id) || self.has_gid(id)
    }
}

/// The settings for managing file owners of an engine on this machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ownership {
    /// The ids of the engine's containers.
    pub ids: SubordinateIds,
    /// The directory of the records of lent workspaces; accessible only to host root.
    pub records: PathBuf,
}
