//! Unpacking of an untrusted archive into a local directory.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read, Write as _};
use std::os::unix::ffi::OsStrExt as _;

use containai_core::archive::{ArchiveError, Member, MemberKind, MemberPath, MemberReader};

use super::atomic_file::AtomicFile;
use super::directory::{Directory, is_link_or_not_dir};
use super::file_kind::FileAttributes;
use super::limits::ArchiveLimits;
use super::progress::TransferProgress;
use super::report::CopyReport;
use super::sparse_writer::SparseWriter;
use super::unpack_error::UnpackError;

/// The total size of the names of new directories, in bytes.
const MAX_NAME_BYTES: usize = 256 << 20;

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
    limits: ArchiveLimits,
    progress: &TransferProgress,
) -> Result<CopyReport, UnpackError> {
    unpack_filtered(archive, root, limits, progress, &|_, _| Ok(()))
}

/// Decides by path and kind which entries to write; the error is the reason.
pub(super) type EntryFilter<'a> = dyn Fn(&MemberPath, &MemberKind) -> Result<(), String> + 'a;

/// As [`unpack`], for the entries that the filter admits. The filter is called
/// immediately before an entry is written.
pub(super) fn unpack_filtered(
    archive: impl Read,
    root: &Directory,
    limits: ArchiveLimits,
    progress: &TransferProgress,
    admission: &EntryFilter<'_>,
) -> Result<CopyReport, UnpackError> {
    let mut unpacking = TreeUnpacker {
        filter: admission,
        root,
        current_dir: None,
        new_dirs: Vec::new(),
        kept_names: 0,
        limits,
        remaining: limits,
        progress,
        report: CopyReport::default(),
        buffer: vec![0; 64 << 10],
    };
    let mut members = MemberReader::new(archive);
    while let Some(member) = members.next_member()? {
        unpacking.unpack_member(member, &mut members)?;
    }
    unpacking.finish()
}

struct TreeUnpacker<'a> {
    filter: &'a EntryFilter<'a>,
    root: &'a Directory,
    /// The directory of the last member, which often is that of the next one.
    current_dir: Option<(Vec<u8>, Directory)>,
    /// New directories, whose mode and time are set at the end.
    new_dirs: Vec<(MemberPath, FileAttributes)>,
    kept_names: usize,
    limits: ArchiveLimits,
    remaining: ArchiveLimits,
    progress: &'a TransferProgress,
    report: CopyReport,
    buffer: Vec<u8>,
}

impl TreeUnpacker<'_> {
    fn unpack_member(
        &mut self,
        member: Member,
        content: &mut impl Read,
    ) -> Result<(), UnpackError> {
        let too_many = UnpackError::TooMany { limit: self.limits.entries };
        self.remaining.entries = self.remaining.entries.checked_sub(1).ok_or(too_many)?;
        let size = member.kind.stored_size();
        self.remaining.bytes =
            self.remaining.bytes.checked_sub(size).ok_or_else(|| UnpackError::TooBig {
                path: member.path.display(),
                announced: size,
                free: self.remaining.bytes,
            })?;
        let path = member.path.clone();
        match self.create(member, content) {
            Ok(()) => self.progress.add_file(),
            Err(EntryError::Archive(error)) => return Err(error),
            Err(EntryError::Disk(source)) if UnpackError::is_disk_error(&source) => {
                return Err(UnpackError::DiskFull { path: path.display(), source });
            }
            Err(EntryError::Disk(error)) => self.report.skip(path.display(), &reason(&error)),
        }
        Ok(())
    }

    fn create(&mut self, member: Member, content: &mut impl Read) -> Result<(), EntryError> {
        let Member { path, kind, mode, modified, .. } = member;
        let attributes = FileAttributes::new(mode, modified);
        if path.is_root() {
            if kind == MemberKind::Directory && self.root.is_new() {
                self.record_new_dir(path, attributes)?;
            }
            return Ok(());
        }
        let (parent, name) = (path.parent(), OsStr::from_bytes(path.name()));
        if let Err(reason) = (self.filter)(&path, &kind) {
            self.report.skip(path.display(), &reason);
            return Ok(());
        }
        match kind {
            MemberKind::Unsupported(what) => self.skip_special(&path, what),
            MemberKind::HardLink(_) => self.skip_special(&path, "is a hard link"),
            MemberKind::Directory => {
                let made = self.open_dir(parent)?.create_dir(name)?;
                let is_new = made.is_new();
                self.current_dir = Some((path.as_bytes().to_vec(), made));
                if is_new { self.record_new_dir(path, attributes) } else { Ok(()) }
            }
            MemberKind::Symlink(to) => {
                let to = OsStr::from_bytes(&to);
                Ok(self.open_dir(parent)?.replace_symlink(name, to, Some(attributes.modified))?)
            }
            MemberKind::File { sparse_map: Some(_), .. } => Err(UNEXPECTED_HOLES.into()),
            MemberKind::File { .. } => {
                let mut buffer = std::mem::take(&mut self.buffer);
                let progress = self.progress;
                let written = self.open_dir(parent).and_then(|directory| {
                    write_file(directory, name, attributes, content, &mut buffer, progress)
                });
                self.buffer = buffer;
                written
            }
        }
    }

    fn skip_special(&mut self, path: &MemberPath, what: &str) -> Result<(), EntryError> {
        self.report.skip(path.display(), &format!("it {what}"));
        Ok(())
    }

    /// Opens the directory of a path without following links. Missing ones are
    /// created, for archives that do not contain them.
    fn open_dir(&mut self, path: &[u8]) -> Result<&Directory, EntryError> {
        if path.is_empty() {
            return Ok(self.root);
        }
        let is_here = self.current_dir.as_ref().is_some_and(|(here, _)| here == path);
        if !is_here {
            let mut directory: Option<Directory> = None;
            for name in path.split(|&byte| byte == b'/').map(OsStr::from_bytes) {
                let above = directory.as_ref().unwrap_or(self.root);
                directory = Some(match above.open_dir(name) {
                    Err(error) if error.kind() == ErrorKind::NotFound => above.create_dir(name)?,
                    child => child?,
                });
            }
            self.current_dir = directory.map(|directory| (path.to_vec(), directory));
        }
        Ok(self.current_dir.as_ref().map_or(self.root, |(_, directory)| directory))
    }

    fn record_new_dir(
        &mut self,
        path: MemberPath,
        attributes: FileAttributes,
    ) -> Result<(), EntryError> {
        self.kept_names += path.as_bytes().len() + 64;
        if self.kept_names > MAX_NAME_BYTES {
            let too_many = UnpackError::TooMany { limit: self.new_dirs.len() as u64 };
            return Err(EntryError::Archive(too_many));
        }
        self.new_dirs.push((path, attributes));
        Ok(())
    }

    /// Sets attributes of the innermost directories first: a mode may block
    /// access to them, and each new entry changes a directory's time.
    fn finish(mut self) -> Result<CopyReport, UnpackError> {
        while let Some((path, attributes)) = self.new_dirs.pop() {
            let dressed = self.open_dir(path.as_bytes()).map(|it| it.set_attributes(attributes));
            if let Err(EntryError::Disk(error)) | Ok(Err(error)) = dressed {
                self.report.skip(path.display(), &error);
            }
        }
        Ok(self.report)
    }
}

fn write_file(
    directory: &Directory,
    name: &OsStr,
    attributes: FileAttributes,
    content: &mut impl Read,
    buffer: &mut [u8],
    progress: &TransferProgress,
) -> Result<(), EntryError> {
    let new = AtomicFile::create(directory, name)?;
    let mut writer = SparseWriter::new(new.file.try_clone()?, 0)?;
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
        progress.add_bytes(length as u64);
    }
    writer.set_final_length()?;
    Ok(new.commit(attributes)?)
}

/// The archives requested here have no sparse files.
const UNEXPECTED_HOLES: ArchiveError = ArchiveError::Malformed("a sparse file was not requested");

/// The error of one member: of the archive, or of the local file system.
enum EntryError {
    Archive(UnpackError),
    Disk(io::Error),
}

impl From<ArchiveError> for EntryError {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error.into())
    }
}

impl From<io::Error> for EntryError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// Returns the system's message, except for a path component that is not a
/// directory.
fn reason(error: &io::Error) -> String {
    match is_link_or_not_dir(error) {
        true => "a file or a link is in the way, and links are not followed".to_owned(),
        false => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
