//! A walk of a tree with a bounded number of descriptors.

use std::ffi::{CStr, CString};
use std::io;
use std::path::Path;

use rustix::fs::{FileType, Stat};
use rustix::io::Errno;

use super::node::{FileId, Node};

/// Maximum number of directories on the path that are kept open besides the top.
const MAX_OPEN_DIRECTORIES: usize = 64;

/// The action of a walk on each file.
pub(super) trait Visitor {
    /// Whether a file with this status is visited. Directories always are.
    fn matches(&self, status: &Stat) -> bool;

    /// Whether the files of a directory with this status can be skipped, so that only its
    /// subdirectories are examined.
    fn is_unchanged(&self, _directory: &Stat) -> bool {
        false
    }

    /// Visits a file. A directory is visited before its contents.
    fn visit(&mut self, node: &Node, found: VisitedFile<'_>) -> rustix::io::Result<()>;
}

/// The name of a visited file and the entries of a visited directory.
#[derive(Clone, Copy)]
pub(super) struct VisitedFile<'a> {
    /// The file's name; empty for the top.
    pub(super) name: &'a CStr,
    /// The entries of a directory; empty for other files.
    pub(super) entries: &'a [WalkEntry],
}

impl VisitedFile<'_> {
    pub(super) fn contains(&self, name: &CStr) -> bool {
        self.entries.iter().any(|entry| entry.name.as_c_str() == name)
    }
}

/// The files that could not be visited.
#[derive(Debug, Default)]
pub(crate) struct WalkErrors {
    /// The number of files and directories.
    pub(super) count: u64,
    /// The error of the first one.
    pub(super) first: Option<io::Error>,
}

impl WalkErrors {
    fn record(&mut self, error: Errno) {
        // Removed files and other mounts are not part of this tree.
        if !matches!(error, Errno::NOENT | Errno::XDEV) {
            self.count += 1;
            self.first.get_or_insert_with(|| error.into());
        }
    }
}

/// A directory entry as read; the file may be replaced at any time.
pub(super) struct WalkEntry {
    name: CString,
    kind: FileType,
}

/// A directory with pending subdirectories. Its node is closed while the walk is far below.
struct WalkLevel {
    node: Option<Node>,
    id: FileId,
    pending: Vec<CString>,
}

/// Visits every file of the tree at `top` that is not on another mount. Symbolic links are visited
/// and not followed: the tree may have been written by a hostile agent, which may be changing it
/// now. The contents of the directories `left_out` are not visited.
///
/// # Errors
///
/// The error of opening the top; errors below it are collected.
pub(super) fn walk<V: Visitor>(
    top: &Path,
    skipped: &[FileId],
    visitor: &mut V,
) -> io::Result<WalkErrors> {
    let mut refused = WalkErrors::default();
    let mut levels = vec![enter(Node::open(top)?, c"", visitor, &mut refused)];
    while let Some(level) = levels.last_mut() {
        let Some(name) = level.pending.pop() else {
            leave(&mut levels, &mut refused);
            continue;
        };
        let Some(directory) = &level.node else { continue };
        match directory.open_child(&name) {
            Ok(node) if !node.is_directory() || skipped.contains(&node.id()) => {}
            Ok(node) => {
                levels.push(enter(node, &name, visitor, &mut refused));
                // The top stays open, to continue there if the other directories are moved.
                if let Some(far) =
                    levels.len().checked_sub(MAX_OPEN_DIRECTORIES + 1).filter(|far| *far > 0)
                {
                    levels[far].node = None;
                }
            }
            Err(error) => refused.record(error),
        }
    }
    Ok(refused)
}

/// Visits a directory and its files, but not its subdirectories.
fn enter<V: Visitor>(
    node: Node,
    name: &CStr,
    visitor: &mut V,
    refused: &mut WalkErrors,
) -> WalkLevel {
    let entries = read_entries(&node).unwrap_or_else(|error| {
        refused.record(error);
        Vec::new()
    });
    if let Err(error) = visitor.visit(&node, VisitedFile { name, entries: &entries }) {
        refused.record(error);
    }
    let is_settled = visitor.is_unchanged(node.status());
    let mut pending = Vec::new();
    for WalkEntry { name, kind } in entries {
        if kind == FileType::Directory {
            pending.push(name);
            continue;
        }
        if is_settled && kind != FileType::Unknown {
            continue;
        }
        match node.stat_entry(&name) {
            Ok(status) if FileType::from_raw_mode(status.st_mode) == FileType::Directory => {
                pending.push(name);
            }
            Ok(status) if visitor.matches(&status) => {
                let found = VisitedFile { name: &name, entries: &[] };
                let visited = node.open_child(&name).and_then(|file| match file.is_directory() {
                    true => Ok(()),
                    false => visitor.visit(&file, found),
                });
                if let Err(error) = visited {
                    refused.record(error);
                }
            }
            Ok(_) => {}
            Err(error) => refused.record(error),
        }
    }
    WalkLevel { id: node.id(), node: Some(node), pending }
}

fn read_entries(node: &Node) -> rustix::io::Result<Vec<WalkEntry>> {
    if !node.is_directory() {
        return Ok(Vec::new());
    }
    let mut entries = Vec::new();
    for entry in node.entries()? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            entries.push(WalkEntry { name: entry.file_name().to_owned(), kind: entry.file_type() });
        }
    }
    Ok(entries)
}

/// Returns to the parent directory through `..`, if it is still the directory that the walk came
/// from. If directories are moved meanwhile, the rest of them is skipped.
fn leave(levels: &mut Vec<WalkLevel>, refused: &mut WalkErrors) {
    let Some(done) = levels.pop() else { return };
    let Some(above) = levels.last_mut().filter(|above| above.node.is_none()) else { return };
    above.node = done.node.and_then(|node| node.open_parent(above.id));
    if above.node.is_none() {
        refused.record(Errno::STALE);
        levels.truncate(1);
    }
}
