//! Scanning of a local tree, without reading its files.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::Stat;

use super::directory::Directory;
use super::file_kind::FileKind;
use super::report::CopyReport;

/// An entry of a tree.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ScanEntry {
    /// The path below the scanned directory.
    pub path: String,
    /// The kind.
    pub kind: ScanEntryKind,
    /// The permissions, nine bits.
    pub mode: u32,
    /// The size, in bytes.
    pub size: u64,
    /// The time of the last modification, in nanoseconds since 1970.
    pub modified: i128,
    /// The time of the last status change, in nanoseconds since 1970.
    pub changed: i128,
    /// The inode number.
    pub inode: u64,
}

/// The kind of an entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ScanEntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, and its target.
    Link(String),
}

/// A scan of parts of a directory. Symbolic links are never followed, not even
/// in parent paths.
#[derive(Debug)]
pub struct TreeScan<'a> {
    root: &'a Directory,
    report: CopyReport,
}

impl<'a> TreeScan<'a> {
    /// Starts a scan of this directory.
    #[must_use]
    pub fn new(root: &'a Directory) -> Self {
        Self { root, report: CopyReport::default() }
    }

    /// Returns the paths that could not be read.
    #[must_use]
    pub fn into_report(self) -> CopyReport {
        self.report
    }

    /// Returns a path and everything below it, a directory before its contents.
    /// `admits` decides for each path below `path` whether to include it. A
    /// missing path yields no entries.
    pub fn find(&mut self, path: &str, admits: impl Fn(&str) -> bool) -> Vec<ScanEntry> {
        let mut found = Vec::new();
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        match descend(self.root, parent) {
            Ok(Some(directory)) => {
                self.scan_entry(&directory, name, path, path, &admits, &mut found);
            }
            Ok(None) => {}
            Err(error) => self.report.skip(path.to_owned(), &reason(&error)),
        }
        found
    }

    /// Returns the names in a directory, sorted; none if it is missing.
    pub fn names(&mut self, path: &str) -> Vec<String> {
        let names = descend(self.root, path)
            .and_then(|directory| directory.map_or(Ok(Vec::new()), |directory| directory.names()));
        match names {
            Ok(names) => names.into_iter().filter_map(|name| name.into_string().ok()).collect(),
            Err(error) => {
                self.report.skip(path.to_owned(), &reason(&error));
                Vec::new()
            }
        }
    }

    fn scan_entry(
        &mut self,
        directory: &Directory,
        name: &str,
        path: &str,
        top: &str,
        admits: &impl Fn(&str) -> bool,
        found: &mut Vec<ScanEntry>,
    ) {
        let below = path.strip_prefix(top).unwrap_or(path).trim_start_matches('/');
        if !admits(below) {
            return;
        }
        let name = OsStr::new(name);
        let looked = directory.stat(name).and_then(|stat| match stat {
            None => Ok(None),
            Some(stat) => Ok(Some((entry_kind(directory, name, &stat)?, stat))),
        });
        let (kind, stat) = match looked {
            Ok(Some(seen)) => seen,
            Ok(None) => return,
            Err(error) => return self.report.skip(path.to_owned(), &error),
        };
        let is_directory = kind == ScanEntryKind::Directory;
        found.push(scan_entry_of(path, kind, &stat));
        if !is_directory {
            return;
        }
        match directory.open_dir(name).and_then(|child| Ok((child.names()?, child))) {
            Ok((names, child)) => {
                for name in names {
                    match name.to_str() {
                        Some(name) => {
                            let path = format!("{path}/{name}");
                            self.scan_entry(&child, name, &path, top, admits, found);
                        }
                        None => {
                            let path =
                                format!("{path}/{}", super::source::escape_path(name.as_bytes()));
                            self.report.skip(path, &"its name is not UTF-8");
                        }
                    }
                }
            }
            Err(error) => self.report.skip(path.to_owned(), &error),
        }
    }
}

/// Opens a nested directory without following links; `None` if it is missing.
pub(super) fn descend(root: &Directory, path: &str) -> io::Result<Option<Directory>> {
    let mut directory = root.open_dir(OsStr::new("."))?;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        directory = match directory.open_dir(OsStr::new(name)) {
            Ok(child) => child,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
    }
    Ok(Some(directory))
}

fn entry_kind(directory: &Directory, name: &OsStr, stat: &Stat) -> io::Result<ScanEntryKind> {
    match FileKind::of_mode(stat.st_mode) {
        FileKind::File => Ok(ScanEntryKind::File),
        FileKind::Directory => Ok(ScanEntryKind::Directory),
        FileKind::Link => match directory.read_link(name)?.into_string() {
            Ok(to) => Ok(ScanEntryKind::Link(to)),
            Err(_) => Err(io::Error::other("its target is not UTF-8")),
        },
        FileKind::Special => Err(io::Error::other("it is not a file, directory or link")),
    }
}

fn scan_entry_of(path: &str, kind: ScanEntryKind, stat: &Stat) -> ScanEntry {
    let nanos = |seconds: i64, part| i128::from(seconds) * 1_000_000_000 + i128::from(part);
    ScanEntry {
        path: path.to_owned(),
        kind,
        mode: stat.st_mode & 0o777,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        modified: nanos(stat.st_mtime, stat.st_mtime_nsec),
        changed: nanos(stat.st_ctime, stat.st_ctime_nsec),
        inode: stat.st_ino,
    }
}

fn reason(error: &io::Error) -> String {
    match super::directory::is_link_or_not_dir(error) {
        true => "a parent path is a link, and links are not followed".to_owned(),
        false => error.to_string(),
    }
}
