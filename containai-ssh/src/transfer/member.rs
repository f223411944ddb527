//! The members of an archive that a stranger sends.
//!
//! The `tar` crate reads the fields of a header; what is between them is read
//! here, because that crate keeps long names of any length in memory and takes
//! a newline in a name for the end of a record.

use std::io::{self, ErrorKind, Read};

use containai_core::archive::{Moment, pax};
use tar::{EntryType, Header};

use super::archive_error::ArchiveError;
use super::entry_path::EntryPath;
use super::file_kind::Attributes;

const BLOCK: u64 = 512;
/// The longest extended header: far more than any path.
const LONGEST_HEADER: u64 = 256 << 10;
/// How much may follow the end; tar fills up a record of 10 KiB.
const LONGEST_END: u64 = 1 << 20;

/// One member, whose content is still to be read.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) path: EntryPath,
    pub(super) kind: MemberKind,
    pub(super) attributes: Attributes,
    /// The length of its content.
    pub(super) size: u64,
}

/// What a member is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum MemberKind {
    File,
    Directory,
    /// A link to this.
    Link(Vec<u8>),
    /// What is not made, in words.
    Refused(&'static str),
}

/// Reads members one after another.
pub(super) struct Members<R> {
    input: R,
    /// What is left of the current member's content.
    content: u64,
    /// What comes after it until the next header.
    padding: u64,
}

/// What extended headers say about the member that follows them.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    modified: Option<Moment>,
}

impl<R: Read> Members<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, content: 0, padding: 0 }
    }

    /// The next member; what was not read of the last one is skipped. `None`
    /// after the mark at the end, which has to be there.
    pub(super) fn next(&mut self) -> Result<Option<Member>, ArchiveError> {
        let mut extended = Extended::default();
        loop {
            self.skip(self.content + self.padding)?;
            (self.content, self.padding) = (0, 0);
            let mut header = Header::new_old();
            self.read_exact(header.as_mut_bytes())?;
            if header.as_bytes().iter().all(|&byte| byte == 0) {
                return self.end().map(|()| None);
            }
            verify(&header)?;
            let announced = header.entry_size().map_err(|_| MALFORMED_SIZE)?;
            match header.entry_type() {
                EntryType::GNULongName => extended.path = Some(self.name(announced)?),
                EntryType::GNULongLink => extended.link = Some(self.name(announced)?),
                EntryType::XHeader => extended.read(&self.header(announced)?)?,
                EntryType::XGlobalHeader => drop(self.header(announced)?),
                _ => return self.member(&header, announced, extended).map(Some),
            }
        }
    }

    fn member(
        &mut self,
        header: &Header,
        announced: u64,
        extended: Extended,
    ) -> Result<Member, ArchiveError> {
        let path = extended.path.unwrap_or_else(|| header.path_bytes().into_owned());
        let kind = match header.entry_type() {
            // Before 1988 a directory was a file whose name ends in a slash.
            EntryType::Regular if path.ends_with(b"/") => MemberKind::Directory,
            EntryType::Regular | EntryType::Continuous => MemberKind::File,
            EntryType::Directory => MemberKind::Directory,
            EntryType::Symlink => {
                let own = || header.link_name_bytes().map(|name| name.into_owned());
                MemberKind::Link(extended.link.or_else(own).unwrap_or_default())
            }
            EntryType::Link => MemberKind::Refused("a hard link"),
            EntryType::Fifo => MemberKind::Refused("a pipe"),
            EntryType::Char | EntryType::Block => MemberKind::Refused("a device"),
            _ => MemberKind::Refused("of an unknown kind"),
        };
        let size = extended.size.unwrap_or(announced);
        self.content = size;
        self.padding = size.wrapping_neg() % BLOCK;
        size.checked_add(self.padding).ok_or(MALFORMED_SIZE)?;
        let seconds = || i64::try_from(header.mtime().unwrap_or(0)).unwrap_or(0);
        let modified = extended.modified;
        let modified = modified.unwrap_or_else(|| Moment { seconds: seconds(), nanoseconds: 0 });
        Ok(Member {
            path: EntryPath::parse(&path)?,
            attributes: Attributes::new(header.mode().unwrap_or(0), modified),
            size: if kind == MemberKind::File { size } else { 0 },
            kind,
        })
    }

    /// A header's content that ends in a NUL byte.
    fn name(&mut self, size: u64) -> Result<Vec<u8>, ArchiveError> {
        let mut name = self.header(size)?;
        if name.last() == Some(&0) {
            name.pop();
        }
        Ok(name)
    }

    fn header(&mut self, size: u64) -> Result<Vec<u8>, ArchiveError> {
        if size > LONGEST_HEADER {
            return Err(ArchiveError::Malformed("a header is too long"));
        }
        // It is small, so the conversion cannot fail.
        let mut content = vec![0; usize::try_from(size).unwrap_or(0)];
        self.read_exact(&mut content)?;
        self.skip(size.wrapping_neg() % BLOCK)?;
        Ok(content)
    }

    /// Reads what fills the last record, so that the sender is not cut off.
    fn end(&mut self) -> Result<(), ArchiveError> {
        let mut rest = (&mut self.input).take(LONGEST_END);
        let read = io::copy(&mut rest, &mut io::sink()).map_err(ArchiveError::Read)?;
        match read < LONGEST_END {
            true => Ok(()),
            false => Err(ArchiveError::Malformed("it goes on after its end")),
        }
    }

    fn skip(&mut self, length: u64) -> Result<(), ArchiveError> {
        let skipped = io::copy(&mut (&mut self.input).take(length), &mut io::sink());
        match skipped.map_err(ArchiveError::Read)? == length {
            true => Ok(()),
            false => Err(ArchiveError::Truncated),
        }
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), ArchiveError> {
        self.input.read_exact(buffer).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => ArchiveError::Truncated,
            _ => ArchiveError::Read(error),
        })
    }
}

/// Reads the current member's content.
impl<R: Read> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(usize::try_from(self.content).unwrap_or(usize::MAX));
        if length == 0 {
            return Ok(0);
        }
        let read = self.input.read(&mut buffer[..length])?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.content -= read as u64;
        Ok(read)
    }
}

impl Extended {
    fn read(&mut self, text: &[u8]) -> Result<(), ArchiveError> {
        for record in pax::records(text) {
            let (key, value) =
                record.ok_or(ArchiveError::Malformed("an extended header is broken"))?;
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"mtime" => self.modified = Moment::parse(value),
                b"size" => {
                    let size = std::str::from_utf8(value).ok().and_then(|size| size.parse().ok());
                    self.size = Some(size.ok_or(MALFORMED_SIZE)?);
                }
                // What is said with these changes what the content means.
                key if key.starts_with(b"GNU.sparse.") => {
                    return Err(ArchiveError::Malformed("a file with holes was not asked for"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

const MALFORMED_SIZE: ArchiveError = ArchiveError::Malformed("a size is no number");

fn verify(header: &Header) -> Result<(), ArchiveError> {
    let bytes = header.as_bytes();
    let others = bytes[..148].iter().chain(&bytes[156..]);
    let sum = others.map(|&byte| u32::from(byte)).sum::<u32>() + 8 * u32::from(b' ');
    match header.cksum() {
        Ok(expected) if expected == sum => Ok(()),
        _ => Err(ArchiveError::Malformed("a header's checksum is wrong")),
    }
}
