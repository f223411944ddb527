//! A tree, walked with a bounded number of descriptors.

use std::ffi::{CStr, CString};
use std::io;
use std::path::Path;

use rustix::fs::{FileType, Stat};
use rustix::io::Errno;

use super::node::{FileId, Node};

/// How many directories of one branch are held open besides the top.
const OPEN: usize = 64;

/// What is done to each file of a tree.
pub(super) trait Visitor {
    /// Whether a file that looks like this, and is no directory, is to be visited.
    fn wants(&self, status: &Stat) -> bool;

    /// Whether the files of a directory that looks like this need no look: only what is in its
    /// subdirectories may have changed.
    fn is_settled(&self, _directory: &Stat) -> bool {
        false
    }

    /// Visits a file. Directories come before what is in them.
    fn visit(&mut self, node: &Node, found: Found<'_>) -> rustix::io::Result<()>;
}

/// Where a file was found, and what was in it.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    /// Its name; empty for the top.
    pub(super) name: &'a CStr,
    /// What is in a directory; nothing for anything else.
    pub(super) entries: &'a [Entry],
}

impl Found<'_> {
    pub(super) fn holds(&self, name: &CStr) -> bool {
        self.entries.iter().any(|entry| entry.name.as_c_str() == name)
    }
}

/// What could not be visited.
#[derive(Debug, Default)]
pub(super) struct Refused {
    /// How many files and directories.
    pub(super) files: u64,
    /// Why the first one could not.
    pub(super) first: Option<io::Error>,
}

impl Refused {
    fn note(&mut self, error: Errno) {
        // What vanished meanwhile, and what is mounted there, is no concern of this tree.
        if !matches!(error, Errno::NOENT | Errno::XDEV) {
            self.files += 1;
            self.first.get_or_insert_with(|| error.into());
        }
    }
}

/// What a directory says of one file in it: not to be relied on.
pub(super) struct Entry {
    name: CString,
    kind: FileType,
}

/// A directory with subdirectories to come. Its node is closed while the walk is far below.
struct Level {
    node: Option<Node>,
    id: FileId,
    pending: Vec<CString>,
}

/// Visits every file of the tree at `top` that is not on another mount. Symbolic links are visited
/// and not followed: the tree may have been written by a hostile agent, who may be changing it now.
/// What is below the directories `left_out` is not visited.
///
/// # Errors
///
/// When the top cannot be opened; what fails below it is counted.
pub(super) fn walk<V: Visitor>(
    top: &Path,
    left_out: &[FileId],
    visitor: &mut V,
) -> io::Result<Refused> {
    let mut refused = Refused::default();
    let mut levels = vec![enter(Node::top(top)?, c"", visitor, &mut refused)];
    while let Some(level) = levels.last_mut() {
        let Some(name) = level.pending.pop() else {
            leave(&mut levels, &mut refused);
            continue;
        };
        let Some(directory) = &level.node else { continue };
        match directory.child(&name) {
            Ok(node) if !node.is_directory() || left_out.contains(&node.id()) => {}
            Ok(node) => {
                levels.push(enter(node, &name, visitor, &mut refused));
                // The top is kept, to go on from if all else is moved away.
                if let Some(far) = levels.len().checked_sub(OPEN + 1).filter(|far| *far > 0) {
                    levels[far].node = None;
                }
            }
            Err(error) => refused.note(error),
        }
    }
    Ok(refused)
}

/// Visits a directory and its files; its subdirectories are for later.
fn enter<V: Visitor>(node: Node, name: &CStr, visitor: &mut V, refused: &mut Refused) -> Level {
    let entries = read(&node).unwrap_or_else(|error| {
        refused.note(error);
        Vec::new()
    });
    if let Err(error) = visitor.visit(&node, Found { name, entries: &entries }) {
        refused.note(error);
    }
    let is_settled = visitor.is_settled(node.status());
    let mut pending = Vec::new();
    for Entry { name, kind } in entries {
        if kind == FileType::Directory {
            pending.push(name);
            continue;
        }
        if is_settled && kind != FileType::Unknown {
            continue;
        }
        match node.glance(&name) {
            Ok(status) if FileType::from_raw_mode(status.st_mode) == FileType::Directory => {
                pending.push(name);
            }
            Ok(status) if visitor.wants(&status) => {
                let found = Found { name: &name, entries: &[] };
                let visited = node.child(&name).and_then(|file| match file.is_directory() {
                    true => Ok(()),
                    false => visitor.visit(&file, found),
                });
                if let Err(error) = visited {
                    refused.note(error);
                }
            }
            Ok(_) => {}
            Err(error) => refused.note(error),
        }
    }
    Level { id: node.id(), node: Some(node), pending }
}

fn read(node: &Node) -> rustix::io::Result<Vec<Entry>> {
    if !node.is_directory() {
        return Ok(Vec::new());
    }
    let mut entries = Vec::new();
    for entry in node.entries()? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            entries.push(Entry { name: entry.file_name().to_owned(), kind: entry.file_type() });
        }
    }
    Ok(entries)
}

/// Goes back up by `..`, if that still leads to where the walk came from. Somebody who moves
/// directories about meanwhile only has their rest left out.
fn leave(levels: &mut Vec<Level>, refused: &mut Refused) {
    let Some(done) = levels.pop() else { return };
    let Some(above) = levels.last_mut().filter(|above| above.node.is_none()) else { return };
    above.node = done.node.and_then(|node| node.parent(above.id));
    if above.node.is_none() {
        refused.note(Errno::STALE);
        levels.truncate(1);
    }
}
