//! Packing of a local tree into an archive.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{OFlags, Stat, fstat};

use super::directory::Directory;
use super::file_kind::{Attributes, FileKind};
use super::member_header::{SentKind, blocks, padding};
use super::meter::Meter;
use super::report::Report;
use super::selection::Selection;
use super::source::show;

/// Packs the contents of a directory, without the directory itself. Symbolic
/// links are packed as links and never followed.
///
/// Read errors are reported, and the rest is packed. A file that shrinks
/// meanwhile is padded with zeros; one that grows is truncated.
///
/// # Errors
///
/// Write errors of the archive.
pub fn pack(root: &Directory, archive: impl Write, meter: &Meter) -> io::Result<Report> {
    pack_part(root, &Selection::Everything, archive, meter)
}

/// As [`pack`], for a selection.
pub(super) fn pack_part(
    root: &Directory,
    part: &Selection,
    archive: impl Write,
    meter: &Meter,
) -> io::Result<Report> {
    let mut packing = Packing {
        part,
        archive,
        meter,
        report: Report::default(),
        path: Vec::new(),
        buffer: vec![0; 64 << 10],
    };
    packing.contents(root)?;
    // An archive ends with two empty blocks.
    packing.archive.write_all(&[0; 1024])?;
    packing.archive.flush()?;
    Ok(packing.report)
}

struct Packing<'a, W> {
    part: &'a Selection,
    archive: W,
    meter: &'a Meter,
    report: Report,
    /// The current directory below the root, with a trailing slash.
    path: Vec<u8>,
    buffer: Vec<u8>,
}

impl<W: Write> Packing<'_, W> {
    fn contents(&mut self, directory: &Directory) -> io::Result<()> {
        let names = match directory.names() {
            Ok(names) => names,
            Err(error) => {
                self.report.leave_out(show(&self.path), &error);
                return Ok(());
            }
        };
        for name in names {
            let length = self.path.len();
            self.path.extend(name.as_bytes());
            let packed = self.entry(directory, &name);
            self.path.truncate(length);
            packed?;
        }
        Ok(())
    }

    /// Returns errors of the archive; those of the tree are reported.
    fn entry(&mut self, directory: &Directory, name: &OsStr) -> io::Result<()> {
        let stat = match directory.stat(name) {
            Ok(Some(stat)) => stat,
            // It was removed since the directory was read.
            Ok(None) => return Ok(()),
            Err(error) => return self.leave_out(&error),
        };
        let kind = FileKind::of_mode(stat.st_mode);
        let is_meant = match kind {
            FileKind::Directory => self.part.has_some_in(&self.path),
            _ => self.part.has_file(&self.path),
        };
        if !is_meant {
            return Ok(());
        }
        match kind {
            FileKind::Directory => match directory.child(name) {
                Ok(child) => self.directory(&child),
                Err(error) => self.leave_out(&error),
            },
            FileKind::File => match open(directory, name) {
                Ok((file, stat)) => self.file(file, &stat),
                Err(error) => self.leave_out(&error),
            },
            FileKind::Link => match directory.read_link(name) {
                Ok(to) => self.header(SentKind::Link(to.as_bytes()), &stat),
                Err(error) => self.leave_out(&error),
            },
            FileKind::Special => self.leave_out(&"it is not a file, directory or link"),
        }
    }

    fn directory(&mut self, directory: &Directory) -> io::Result<()> {
        self.path.push(b'/');
        let stat = directory.own_stat()?;
        self.header(SentKind::Directory, &stat)?;
        self.contents(directory)
    }

    fn file(&mut self, file: std::fs::File, stat: &Stat) -> io::Result<()> {
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        self.header(SentKind::File(size), stat)?;
        let mut content = file.take(size);
        let mut left = size;
        while left > 0 {
            let length = match content.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.report.leave_out(show(&self.path), &format!("truncated: {error}"));
                    break;
                }
            };
            self.archive.write_all(&self.buffer[..length])?;
            self.meter.add(length as u64);
            left -= length as u64;
        }
        io::copy(&mut io::repeat(0).take(left + padding(size)), &mut self.archive)?;
        Ok(())
    }

    fn header(&mut self, kind: SentKind<'_>, stat: &Stat) -> io::Result<()> {
        self.meter.add_file();
        self.archive.write_all(&blocks(&self.path, kind, Attributes::of(stat)))
    }

    fn leave_out(&mut self, reason: &dyn ToString) -> io::Result<()> {
        self.report.leave_out(show(&self.path), reason);
        Ok(())
    }
}

/// Opens a file, and checks that it still is a regular file.
pub(super) fn open(directory: &Directory, name: &OsStr) -> io::Result<(std::fs::File, Stat)> {
    let file = directory.open_file(name, OFlags::RDONLY)?;
    let stat = fstat(&file)?;
    match FileKind::of_mode(stat.st_mode) {
        FileKind::File => Ok((file, stat)),
        _ => Err(io::Error::other("it is no longer a regular file")),
    }
}
