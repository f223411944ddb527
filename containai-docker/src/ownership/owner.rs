//! The owner of a workspace.

use std::io;
use std::path::Path;

use super::node::{FileId, Node};
use super::{FileOwner, SubordinateIds};

/// Returns the owner of a directory. If that is a container id, returns the owner of the nearest
/// parent directory with another one.
pub(crate) fn owner_of(path: &Path, ids: &SubordinateIds) -> io::Result<FileOwner> {
    for directory in path.ancestors() {
        let node = Node::open(directory)?;
        let (uid, gid) = (node.status().st_uid, node.status().st_gid);
        if !ids.has_uid(uid) {
            let gid = if ids.has_gid(gid) { uid } else { gid };
            return Ok(FileOwner { uid, gid });
        }
    }
    Ok(FileOwner::ROOT)
}

/// Returns the ids of the existing directories.
pub(crate) fn file_ids<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Vec<FileId> {
    paths.into_iter().filter_map(|path| Some(Node::open(path).ok()?.id())).collect()
}
