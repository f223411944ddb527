//! Packing of a local tree into an archive.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{OFlags, Stat, fstat};

use super::directory::Directory;
use super::file_kind::{FileAttributes, FileKind};
use super::progress::TransferProgress;
use super::report::CopyReport;
use super::selection::Selection;
use super::source::escape_path;
use super::tar_header::{TarEntryKind, header_blocks, padding};

/// Packs the contents of a directory, without the directory itself. Symbolic
/// links are packed as links and never followed.
///
/// Read errors are reported, and the rest is packed. A file that shrinks
/// meanwhile is padded with zeros; one that grows is truncated.
///
/// # Errors
///
/// Write errors of the archive.
pub fn pack(
    root: &Directory,
    archive: impl Write,
    progress: &TransferProgress,
) -> io::Result<CopyReport> {
    pack_selection(root, &Selection::Everything, archive, progress)
}

/// As [`pack`], for a selection.
pub(super) fn pack_selection(
    root: &Directory,
    part: &Selection,
    archive: impl Write,
    progress: &TransferProgress,
) -> io::Result<CopyReport> {
    let mut packing = TreePacker {
        selection: part,
        archive,
        progress,
        report: CopyReport::default(),
        path: Vec::new(),
        buffer: vec![0; 64 << 10],
    };
    packing.pack_contents(root)?;
    // An archive ends with two empty blocks.
    packing.archive.write_all(&[0; 1024])?;
    packing.archive.flush()?;
    Ok(packing.report)
}

struct TreePacker<'a, W> {
    selection: &'a Selection,
    archive: W,
    progress: &'a TransferProgress,
    report: CopyReport,
    /// The current directory below the root, with a trailing slash.
    path: Vec<u8>,
    buffer: Vec<u8>,
}

impl<W: Write> TreePacker<'_, W> {
    fn pack_contents(&mut self, directory: &Directory) -> io::Result<()> {
        let names = match directory.names() {
            Ok(names) => names,
            Err(error) => {
                self.report.skip(escape_path(&self.path), &error);
                return Ok(());
            }
        };
        for name in names {
            let length = self.path.len();
            self.path.extend(name.as_bytes());
            let packed = self.pack_entry(directory, &name);
            self.path.truncate(length);
            packed?;
        }
        Ok(())
    }

    /// Returns errors of the archive; those of the tree are reported.
    fn pack_entry(&mut self, directory: &Directory, name: &OsStr) -> io::Result<()> {
        let stat = match directory.stat(name) {
            Ok(Some(stat)) => stat,
            // It was removed since the directory was read.
            Ok(None) => return Ok(()),
            Err(error) => return self.skip(&error),
        };
        let kind = FileKind::of_mode(stat.st_mode);
        let is_meant = match kind {
            FileKind::Directory => self.selection.has_any_below(&self.path),
            _ => self.selection.has_file(&self.path),
        };
        if !is_meant {
            return Ok(());
        }
        match kind {
            FileKind::Directory => match directory.open_dir(name) {
                Ok(child) => self.pack_directory(&child),
                Err(error) => self.skip(&error),
            },
            FileKind::File => match open_regular_file(directory, name) {
                Ok((file, stat)) => self.pack_file(file, &stat),
                Err(error) => self.skip(&error),
            },
            FileKind::Link => match directory.read_link(name) {
                Ok(to) => self.write_header(TarEntryKind::Link(to.as_bytes()), &stat),
                Err(error) => self.skip(&error),
            },
            FileKind::Special => self.skip(&"it is not a file, directory or link"),
        }
    }

    fn pack_directory(&mut self, directory: &Directory) -> io::Result<()> {
        self.path.push(b'/');
        let stat = directory.stat_self()?;
        self.write_header(TarEntryKind::Directory, &stat)?;
        self.pack_contents(directory)
    }

    fn pack_file(&mut self, file: std::fs::File, stat: &Stat) -> io::Result<()> {
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        self.write_header(TarEntryKind::File(size), stat)?;
        let mut content = file.take(size);
        let mut left = size;
        while left > 0 {
            let length = match content.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.report.skip(escape_path(&self.path), &format!("truncated: {error}"));
                    break;
                }
            };
            self.archive.write_all(&self.buffer[..length])?;
            self.progress.add_bytes(length as u64);
            left -= length as u64;
        }
        io::copy(&mut io::repeat(0).take(left + padding(size)), &mut self.archive)?;
        Ok(())
    }

    fn write_header(&mut self, kind: TarEntryKind<'_>, stat: &Stat) -> io::Result<()> {
        self.progress.add_file();
        self.archive.write_all(&header_blocks(&self.path, kind, FileAttributes::of(stat)))
    }

    fn skip(&mut self, reason: &dyn ToString) -> io::Result<()> {
        self.report.skip(escape_path(&self.path), reason);
        Ok(())
    }
}

/// Opens a file, and checks that it still is a regular file.
pub(super) fn open_regular_file(
    directory: &Directory,
    name: &OsStr,
) -> io::Result<(std::fs::File, Stat)> {
    let file = directory.open_file(name, OFlags::RDONLY)?;
    let stat = fstat(&file)?;
    match FileKind::of_mode(stat.st_mode) {
        FileKind::File => Ok((file, stat)),
        _ => Err(io::Error::other("it is no longer a regular file")),
    }
}
