//! Unpacking of an untrusted archive into a local directory.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read, Write as _};
use std::os::unix::ffi::OsStrExt as _;

use containai_core::archive::{ArchiveError, Member, MemberKind, MemberPath, Members};

use super::directory::{Directory, is_in_the_way};
use super::file_kind::Attributes;
use super::holes::HoleWriter;
use super::limits::Limits;
use super::meter::Meter;
use super::report::Report;
use super::store::NewFile;
use super::unpack_error::UnpackError;

/// The total size of the names of new directories, in bytes.
const NAMES: usize = 256 << 20;

/// Unpacks an untrusted archive below a directory.
///
/// Every component of every path is opened from its parent directory and must
/// not be a symbolic link, so nothing outside can be reached. Files and links
/// replace files and links of the same name, never directories; existing
/// directories keep their mode and time. Entries that cannot be created are
/// reported, and the rest is unpacked.
///
/// # Errors
///
/// [`UnpackError`]: the archive is malformed, has a path outside, or is too
/// large. Earlier entries remain.
pub fn unpack(
    archive: impl Read,
    root: &Directory,
    limits: Limits,
    meter: &Meter,
) -> Result<Report, UnpackError> {
    unpack_part(archive, root, limits, meter, &|_, _| Ok(()))
}

/// Decides by path and kind which entries to write; the error is the reason.
pub(super) type Admission<'a> = dyn Fn(&MemberPath, &MemberKind) -> Result<(), String> + 'a;

/// As [`unpack`], for the entries that the filter admits. The filter is called
/// immediately before an entry is written.
pub(super) fn unpack_part(
    archive: impl Read,
    root: &Directory,
    limits: Limits,
    meter: &Meter,
    admission: &Admission<'_>,
) -> Result<Report, UnpackError> {
    let mut unpacking = Unpacking {
        admission,
        root,
        here: None,
        made: Vec::new(),
        kept_names: 0,
        limits,
        left: limits,
        meter,
        report: Report::default(),
        buffer: vec![0; 64 << 10],
    };
    let mut members = Members::new(archive);
    while let Some(member) = members.next_member()? {
        unpacking.take(member, &mut members)?;
    }
    unpacking.finish()
}

struct Unpacking<'a> {
    admission: &'a Admission<'a>,
    root: &'a Directory,
    /// The directory of the last member, which often is that of the next one.
    here: Option<(Vec<u8>, Directory)>,
    /// New directories, whose mode and time are set at the end.
    made: Vec<(MemberPath, Attributes)>,
    kept_names: usize,
    limits: Limits,
    left: Limits,
    meter: &'a Meter,
    report: Report,
    buffer: Vec<u8>,
}

impl Unpacking<'_> {
    fn take(&mut self, member: Member, content: &mut impl Read) -> Result<(), UnpackError> {
        let too_many = UnpackError::TooMany { limit: self.limits.entries };
        self.left.entries = self.left.entries.checked_sub(1).ok_or(too_many)?;
        let size = member.kind.stored();
        self.left.bytes = self.left.bytes.checked_sub(size).ok_or_else(|| UnpackError::TooBig {
            path: member.path.show(),
            announced: size,
            free: self.left.bytes,
        })?;
        let path = member.path.clone();
        match self.make(member, content) {
            Ok(()) => self.meter.add_file(),
            Err(Trouble::Archive(error)) => return Err(error),
            Err(Trouble::Disk(source)) if UnpackError::is_about_the_disk(&source) => {
                return Err(UnpackError::NoRoom { path: path.show(), source });
            }
            Err(Trouble::Disk(error)) => self.report.leave_out(path.show(), &reason(&error)),
        }
        Ok(())
    }

    fn make(&mut self, member: Member, content: &mut impl Read) -> Result<(), Trouble> {
        let Member { path, kind, mode, modified, .. } = member;
        let attributes = Attributes::new(mode, modified);
        if path.is_top() {
            if kind == MemberKind::Directory && self.root.is_new() {
                self.remember(path, attributes)?;
            }
            return Ok(());
        }
        let (parent, name) = (path.parent(), OsStr::from_bytes(path.name()));
        if let Err(reason) = (self.admission)(&path, &kind) {
            self.report.leave_out(path.show(), &reason);
            return Ok(());
        }
        match kind {
            MemberKind::Special(what) => self.refuse(&path, what),
            MemberKind::HardLink(_) => self.refuse(&path, "is a hard link"),
            MemberKind::Directory => {
                let made = self.enter(parent)?.make_child(name)?;
                let is_new = made.is_new();
                self.here = Some((path.as_bytes().to_vec(), made));
                if is_new { self.remember(path, attributes) } else { Ok(()) }
            }
            MemberKind::Symlink(to) => {
                let to = OsStr::from_bytes(&to);
                Ok(self.enter(parent)?.link(name, to, Some(attributes.modified))?)
            }
            MemberKind::File { parts: Some(_), .. } => Err(HOLES.into()),
            MemberKind::File { .. } => {
                let mut buffer = std::mem::take(&mut self.buffer);
                let meter = self.meter;
                let written = self.enter(parent).and_then(|directory| {
                    write(directory, name, attributes, content, &mut buffer, meter)
                });
                self.buffer = buffer;
                written
            }
        }
    }

    fn refuse(&mut self, path: &MemberPath, what: &str) -> Result<(), Trouble> {
        self.report.leave_out(path.show(), &format!("it {what}"));
        Ok(())
    }

    /// Opens the directory of a path without following links. Missing ones are
    /// created, for archives that do not contain them.
    fn enter(&mut self, path: &[u8]) -> Result<&Directory, Trouble> {
        if path.is_empty() {
            return Ok(self.root);
        }
        let is_here = self.here.as_ref().is_some_and(|(here, _)| here == path);
        if !is_here {
            let mut directory: Option<Directory> = None;
            for name in path.split(|&byte| byte == b'/').map(OsStr::from_bytes) {
                let above = directory.as_ref().unwrap_or(self.root);
                directory = Some(match above.child(name) {
                    Err(error) if error.kind() == ErrorKind::NotFound => above.make_child(name)?,
                    child => child?,
                });
            }
            self.here = directory.map(|directory| (path.to_vec(), directory));
        }
        Ok(self.here.as_ref().map_or(self.root, |(_, directory)| directory))
    }

    fn remember(&mut self, path: MemberPath, attributes: Attributes) -> Result<(), Trouble> {
        self.kept_names += path.as_bytes().len() + 64;
        if self.kept_names > NAMES {
            let too_many = UnpackError::TooMany { limit: self.made.len() as u64 };
            return Err(Trouble::Archive(too_many));
        }
        self.made.push((path, attributes));
        Ok(())
    }

    /// Sets attributes of the innermost directories first: a mode may block
    /// access to them, and each new entry changes a directory's time.
    fn finish(mut self) -> Result<Report, UnpackError> {
        while let Some((path, attributes)) = self.made.pop() {
            let dressed = self.enter(path.as_bytes()).map(|it| it.dress(attributes));
            if let Err(Trouble::Disk(error)) | Ok(Err(error)) = dressed {
                self.report.leave_out(path.show(), &error);
            }
        }
        Ok(self.report)
    }
}

fn write(
    directory: &Directory,
    name: &OsStr,
    attributes: Attributes,
    content: &mut impl Read,
    buffer: &mut [u8],
    meter: &Meter,
) -> Result<(), Trouble> {
    let new = NewFile::create(directory, name)?;
    let mut writer = HoleWriter::new(new.file.try_clone()?, 0)?;
    loop {
        let length = match content.read(buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(ArchiveError::Truncated.into());
            }
            Err(error) => return Err(ArchiveError::Read(error).into()),
        };
        writer.write_all(&buffer[..length])?;
        meter.add(length as u64);
    }
    writer.settle()?;
    Ok(new.keep(attributes)?)
}

/// The archives requested here have no sparse files.
const HOLES: ArchiveError = ArchiveError::Malformed("a sparse file was not requested");

/// The error of one member: of the archive, or of the local file system.
enum Trouble {
    Archive(UnpackError),
    Disk(io::Error),
}

impl From<ArchiveError> for Trouble {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error.into())
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// Returns the system's message, except for a path component that is not a
/// directory.
fn reason(error: &io::Error) -> String {
    match is_in_the_way(error) {
        true => "a file or a link is in the way, and links are not followed".to_owned(),
        false => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
