//! A stranger's archive into a directory of this machine.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Read, Write as _};
use std::os::unix::ffi::OsStrExt as _;

use super::archive_error::ArchiveError;
use super::directory::{Directory, is_in_the_way};
use super::entry_path::EntryPath;
use super::file_kind::Attributes;
use super::holes::HoleWriter;
use super::limits::Limits;
use super::member::{Member, MemberKind, Members};
use super::meter::Meter;
use super::report::Report;
use super::store::NewFile;

/// How many bytes of directories' names are kept until the end.
const NAMES: usize = 256 << 20;

/// Unpacks an archive below a directory, whatever is in it.
///
/// Every component of every path is opened from the directory above it and must
/// not be a link, so nothing outside can be reached. Files and links replace
/// files and links of the same name, never directories; directories that exist
/// keep their mode and time. What cannot be made is reported, and the rest goes
/// on.
///
/// # Errors
///
/// [`ArchiveError`]: the archive is broken, breaks out, or is too big. What
/// came before stays.
pub fn unpack(
    archive: impl Read,
    root: &Directory,
    limits: Limits,
    meter: &Meter,
) -> Result<Report, ArchiveError> {
    unpack_part(archive, root, limits, meter, &|_, _| Ok(()))
}

/// What may be written, by its path and kind; else why not.
pub(super) type Admission<'a> = dyn Fn(&EntryPath, &MemberKind) -> Result<(), String> + 'a;

/// As [`unpack`], of what is admitted only. It is asked right before the file
/// is written.
pub(super) fn unpack_part(
    archive: impl Read,
    root: &Directory,
    limits: Limits,
    meter: &Meter,
    admission: &Admission<'_>,
) -> Result<Report, ArchiveError> {
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
    while let Some(member) = members.next()? {
        unpacking.take(member, &mut members)?;
    }
    unpacking.finish()
}

struct Unpacking<'a> {
    admission: &'a Admission<'a>,
    root: &'a Directory,
    /// The directory of the last member, because the next one's is the same.
    here: Option<(Vec<OsString>, Directory)>,
    /// New directories; they get their mode and time when nothing more comes.
    made: Vec<(EntryPath, Attributes)>,
    kept_names: usize,
    limits: Limits,
    left: Limits,
    meter: &'a Meter,
    report: Report,
    buffer: Vec<u8>,
}

impl Unpacking<'_> {
    fn take(&mut self, member: Member, content: &mut impl Read) -> Result<(), ArchiveError> {
        let too_many = ArchiveError::TooMany { limit: self.limits.entries };
        self.left.entries = self.left.entries.checked_sub(1).ok_or(too_many)?;
        self.left.bytes =
            self.left.bytes.checked_sub(member.size).ok_or_else(|| ArchiveError::TooBig {
                path: member.path.show(),
                announced: member.size,
                free: self.left.bytes,
            })?;
        let path = member.path.clone();
        match self.make(member, content) {
            Ok(()) => self.meter.add_file(),
            Err(Trouble::Archive(error)) => return Err(error),
            Err(Trouble::Disk(source)) if ArchiveError::is_about_the_disk(&source) => {
                return Err(ArchiveError::NoRoom { path: path.show(), source });
            }
            Err(Trouble::Disk(error)) => self.report.leave_out(path.show(), &reason(&error)),
        }
        Ok(())
    }

    fn make(&mut self, member: Member, content: &mut impl Read) -> Result<(), Trouble> {
        let Some((parents, name)) = member.path.split() else {
            if member.kind == MemberKind::Directory && self.root.is_new() {
                self.remember(member.path, member.attributes)?;
            }
            return Ok(());
        };
        if let Err(reason) = (self.admission)(&member.path, &member.kind) {
            self.report.leave_out(member.path.show(), &reason);
            return Ok(());
        }
        match member.kind {
            MemberKind::Refused(what) => {
                self.report.leave_out(member.path.show(), &format!("it is {what}"));
                Ok(())
            }
            MemberKind::Directory => {
                let made = self.enter(parents)?.make_child(name)?;
                let is_new = made.is_new();
                self.here = Some((member.path.components().to_vec(), made));
                if is_new { self.remember(member.path, member.attributes) } else { Ok(()) }
            }
            MemberKind::Link(to) => {
                let to = OsStr::from_bytes(&to);
                let moment = Some(member.attributes.modified);
                Ok(self.enter(parents)?.link(name, to, moment)?)
            }
            MemberKind::File => {
                let mut buffer = std::mem::take(&mut self.buffer);
                let meter = self.meter;
                let written = self.enter(parents).and_then(|directory| {
                    write(directory, name, member.attributes, content, &mut buffer, meter)
                });
                self.buffer = buffer;
                written
            }
        }
    }

    /// The directory of these components, each of which is no link. Missing
    /// ones are made, for archives that do not name them.
    fn enter(&mut self, components: &[OsString]) -> Result<&Directory, Trouble> {
        if components.is_empty() {
            return Ok(self.root);
        }
        let is_here = self.here.as_ref().is_some_and(|(path, _)| path == components);
        if !is_here {
            let mut directory: Option<Directory> = None;
            for name in components {
                let above = directory.as_ref().unwrap_or(self.root);
                directory = Some(match above.child(name) {
                    Err(error) if error.kind() == ErrorKind::NotFound => above.make_child(name)?,
                    child => child?,
                });
            }
            self.here = directory.map(|directory| (components.to_vec(), directory));
        }
        Ok(self.here.as_ref().map_or(self.root, |(_, directory)| directory))
    }

    fn remember(&mut self, path: EntryPath, attributes: Attributes) -> Result<(), Trouble> {
        self.kept_names += path.weight();
        if self.kept_names > NAMES {
            let too_many = ArchiveError::TooMany { limit: self.made.len() as u64 };
            return Err(Trouble::Archive(too_many));
        }
        self.made.push((path, attributes));
        Ok(())
    }

    /// The innermost directories first: a mode may close the way to them, and
    /// whatever is made in a directory changes its time.
    fn finish(mut self) -> Result<Report, ArchiveError> {
        while let Some((path, attributes)) = self.made.pop() {
            let dressed = self.enter(path.components()).map(|it| it.dress(attributes));
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
                return Err(Trouble::Archive(ArchiveError::Truncated));
            }
            Err(error) => return Err(Trouble::Archive(ArchiveError::Read(error))),
        };
        writer.write_all(&buffer[..length])?;
        meter.add(length as u64);
    }
    writer.settle()?;
    Ok(new.keep(attributes)?)
}

/// What went wrong with one member: with the archive, or here.
enum Trouble {
    Archive(ArchiveError),
    Disk(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// The system's words, but for what is in the way.
fn reason(error: &io::Error) -> String {
    match is_in_the_way(error) {
        true => "a file or a link is in the way, and no link is followed".to_owned(),
        false => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
