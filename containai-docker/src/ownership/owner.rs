//! Whose a workspace is.

use std::io;
use std::path::Path;

use super::node::{FileId, Node};
use super::{DiskIds, Owner};

/// The owner of a directory, or where a container's ids own it, of the nearest one above that they
/// do not own.
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

/// Those of the directories that are there.
pub(super) fn ids_of<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Vec<FileId> {
    paths.into_iter().filter_map(|path| Some(Node::top(path).ok()?.id())).collect()
}
