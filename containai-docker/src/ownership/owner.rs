//! The owner of a workspace.

use std::io;
use std::path::Path;

use super::node::{FileId, Node};
use super::{DiskIds, Owner};

/// Returns the owner of a directory. If that is a container id, returns the owner of the nearest
/// parent directory with another one.
pub(super) fn owner_of(path: &Path, ids: &DiskIds) -> io::Result<Owner> {
    for directory in path.ancestors() {
        let node = Node::top(directory)?;
        let (uid, gid) = (node.status().st_uid, node.status().st_gid);
        if !ids.has_uid(uid) {
            let gid = if ids.has_gid(gid) { uid } else { gid };
            return Ok(Owner { uid, gid });
        }
    }
    Ok(Owner::ROOT)
}

/// Returns the ids of the existing directories.
pub(super) fn ids_of<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Vec<FileId> {
    paths.into_iter().filter_map(|path| Some(Node::top(path).ok()?.id())).collect()
}
