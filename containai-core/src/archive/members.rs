//! Reading an archive that a stranger wrote.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};

use super::header::{BLOCK, Header};
use super::{ArchiveError, Member, MemberKind, MemberPath, Moment, Owner, Segments, pax};

/// The longest records of one member: several attributes of the 64 KiB that
/// Linux takes.
const LONGEST_RECORDS: u64 = 1 << 20;
/// How many headers may stand before a member.
const MOST_HEADERS: usize = 8;
/// How much may follow the end; tar fills up a record of 10 KiB.
const LONGEST_END: u64 = 1 << 20;
/// The records that are kept: a volume's files are nobody's but the
/// container's, and no attribute of the system's is worth anything to it.
const ACLS: [&[u8]; 2] = [b"SCHILY.acl.access", b"SCHILY.acl.default"];
const XATTR: &[u8] = b"SCHILY.xattr.user.";

/// Reads members one after another; as a [`Read`], it is the content of the
/// last one, without its holes.
#[derive(Debug)]
pub struct Members<R> {
    input: R,
    /// What is left of the current member's content.
    content: u64,
    /// What comes after it until the next header.
    padding: u64,
}

/// What extended headers say about the member that follows them.
#[derive(Debug, Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u64>,
    gid: Option<u64>,
    modified: Option<Moment>,
    extras: BTreeMap<Vec<u8>, Vec<u8>>,
    sparse: Sparse,
}

/// What is said about a file with holes.
#[derive(Debug, Default)]
struct Sparse {
    version: (Option<u64>, Option<u64>),
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<R: Read> Members<R> {
    /// Reads from here.
    pub fn new(input: R) -> Self {
        Self { input, content: 0, padding: 0 }
    }

    /// How much of the current member's content was not read yet, in bytes.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.content
    }

    /// The next member; what was not read of the last one is skipped. `None`
    /// after the mark at the end, which has to be there.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes; see [`ArchiveError`]. Members are not
    /// judged yet.
    pub fn next_member(&mut self) -> Result<Option<Member>, ArchiveError> {
        let mut extended = Extended::default();
        for _ in 0..MOST_HEADERS {
            self.skip(self.content)?;
            self.skip(self.padding)?;
            (self.content, self.padding) = (0, 0);
            let mut header = Header([0; BLOCK]);
            self.read_exact(&mut header.0)?;
            if header.is_zero() {
                return self.end().map(|()| None);
            }
            header.verify()?;
            match header.kind() {
                b'x' => extended.read(&self.records(header.size()?)?)?,
                b'L' => extended.path = Some(self.name(header.size()?)?),
                b'K' => extended.link = Some(self.name(header.size()?)?),
                b'g' => return Err(ArchiveError::Malformed("a header is about all members")),
                _ => return self.member(&header, extended).map(Some),
            }
        }
        Err(ArchiveError::Malformed("a member has too many headers"))
    }

    fn member(&mut self, header: &Header, extended: Extended) -> Result<Member, ArchiveError> {
        let stored = extended.size.map_or_else(|| header.size(), Ok)?;
        let named = extended.path.unwrap_or_else(|| header.name());
        let is_directory = named.ends_with(b"/");
        let path = MemberPath::parse(extended.sparse.name.as_deref().unwrap_or(&named))?;
        let link = || extended.link.clone().unwrap_or_else(|| header.link());
        let kind = match header.kind() {
            // Before 1988 a directory was a file whose name ends in a slash.
            b'0' | 0 if is_directory => MemberKind::Directory,
            b'0' | 0 | b'7' => {
                self.content = stored;
                self.padding = stored.wrapping_neg() % BLOCK as u64;
                stored.checked_add(self.padding).ok_or(NO_SIZE)?;
                self.file(&extended.sparse)?
            }
            b'5' => MemberKind::Directory,
            b'2' => MemberKind::Symlink(link()),
            b'1' => MemberKind::HardLink(MemberPath::parse(&link())?),
            b'3' | b'4' => MemberKind::Special("is a device"),
            b'6' => MemberKind::Special("is a pipe"),
            b'S' => MemberKind::Special("has holes of a kind that is no longer used"),
            _ => MemberKind::Special("is of an unknown kind"),
        };
        if !matches!(kind, MemberKind::File { .. }) && stored != 0 {
            return Err(ArchiveError::refused(path.as_bytes(), "has content and is no file"));
        }
        let seconds = || header.modified().map(|seconds| Moment { seconds, nanoseconds: 0 });
        Ok(Member {
            kind,
            mode: header.mode()? & 0o7777,
            owner: Owner {
                uid: extended.uid.map_or_else(|| header.uid(), Ok)?,
                gid: extended.gid.map_or_else(|| header.gid(), Ok)?,
            },
            modified: extended.modified.map_or_else(seconds, Ok)?,
            extras: extended.extras,
            path,
        })
    }

    /// A regular file; the map of one with holes is read.
    fn file(&mut self, sparse: &Sparse) -> Result<MemberKind, ArchiveError> {
        let size = match (sparse.version, sparse.size) {
            ((None, None), None) if sparse.name.is_none() => {
                return Ok(MemberKind::File { size: self.content, parts: None });
            }
            ((Some(1), Some(0)), Some(size)) => size,
            _ => return Err(ArchiveError::Malformed("a file has holes of an unknown kind")),
        };
        let parts = Segments::read(size, |block| match self.content.checked_sub(BLOCK as u64) {
            None => Err(ArchiveError::Malformed("a map of holes is cut")),
            Some(left) => {
                self.content = left;
                exactly(&mut self.input, block)
            }
        })?;
        match parts.stored() == self.content {
            true => Ok(MemberKind::File { size, parts: Some(parts) }),
            false => Err(ArchiveError::Malformed("a map of holes does not fit its file")),
        }
    }

    /// A header's content that ends in a NUL byte.
    fn name(&mut self, size: u64) -> Result<Vec<u8>, ArchiveError> {
        let mut name = self.records(size)?;
        if name.last() == Some(&0) {
            name.pop();
        }
        Ok(name)
    }

    fn records(&mut self, size: u64) -> Result<Vec<u8>, ArchiveError> {
        if size > LONGEST_RECORDS {
            return Err(ArchiveError::Malformed("a header is too long"));
        }
        let mut content = Vec::new();
        let read = (&mut self.input).take(size).read_to_end(&mut content);
        if read.map_err(ArchiveError::Read)? as u64 != size {
            return Err(ArchiveError::Truncated);
        }
        self.skip(size.wrapping_neg() % BLOCK as u64)?;
        Ok(content)
    }

    /// Reads what fills the last record, so that the sender is not cut off.
    fn end(&mut self) -> Result<(), ArchiveError> {
        let mut buffer = [0; 8192];
        let mut rest = (&mut self.input).take(LONGEST_END + 1);
        let mut length = 0;
        loop {
            match rest.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => {
                    length += read as u64;
                    let is_empty = buffer[..read].iter().all(|&byte| byte == 0);
                    if !is_empty || length > LONGEST_END {
                        return Err(ArchiveError::Malformed("it goes on after its end"));
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(ArchiveError::Read(error)),
            }
        }
    }

    fn skip(&mut self, length: u64) -> Result<(), ArchiveError> {
        if length == 0 {
            return Ok(());
        }
        let skipped = io::copy(&mut (&mut self.input).take(length), &mut io::sink());
        match skipped.map_err(ArchiveError::Read)? == length {
            true => Ok(()),
            false => Err(ArchiveError::Truncated),
        }
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), ArchiveError> {
        exactly(&mut self.input, buffer)
    }
}

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
            let (key, value) = record.ok_or(ArchiveError::Malformed("a record is broken"))?;
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => self.size = Some(decimal(value)?),
                b"uid" => self.uid = Some(decimal(value)?),
                b"gid" => self.gid = Some(decimal(value)?),
                b"mtime" => {
                    let moment = Moment::parse(value);
                    self.modified =
                        Some(moment.ok_or(ArchiveError::Malformed("a time is no number"))?);
                }
                b"GNU.sparse.major" => self.sparse.version.0 = Some(decimal(value)?),
                b"GNU.sparse.minor" => self.sparse.version.1 = Some(decimal(value)?),
                b"GNU.sparse.name" => self.sparse.name = Some(value.to_vec()),
                b"GNU.sparse.realsize" => self.sparse.size = Some(decimal(value)?),
                // What is said with these changes what the content means.
                key if key.starts_with(b"GNU.sparse.") => {
                    return Err(ArchiveError::Malformed("a file has holes of an unknown kind"));
                }
                key if ACLS.contains(&key) || key.starts_with(XATTR) => {
                    self.extras.insert(key.to_vec(), value.to_vec());
                }
                _ => {}
            }
        }
        Ok(())
    }
}

const NO_SIZE: ArchiveError = ArchiveError::Malformed("a size is no number");

fn decimal(text: &[u8]) -> Result<u64, ArchiveError> {
    let is_plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(text).ok().filter(|_| is_plain);
    number.and_then(|text| text.parse().ok()).ok_or(NO_SIZE)
}

fn exactly(input: &mut impl Read, buffer: &mut [u8]) -> Result<(), ArchiveError> {
    input.read_exact(buffer).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => ArchiveError::Truncated,
        _ => ArchiveError::Read(error),
    })
}
