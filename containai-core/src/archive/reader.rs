//! Reads untrusted archives.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};

use super::header::{BLOCK, Header};
use super::{ArchiveError, FileTime, Member, MemberKind, MemberPath, Owner, SparseMap, pax};

/// The maximum size of one member's extended headers: several attributes of 64 KiB, Linux's limit.
const MAX_RECORDS_SIZE: u64 = 1 << 20;
/// The maximum number of headers per member.
const MAX_HEADERS: usize = 8;
/// The maximum length of the trailer; tar pads to a record of 10 KiB.
const MAX_TRAILER_SIZE: u64 = 1 << 20;
/// The kept records. Attributes of other namespaces, such as `security`, have no meaning inside a
/// container.
const ACL_KEYS: [&[u8]; 2] = [b"SCHILY.acl.access", b"SCHILY.acl.default"];
const XATTR_PREFIX: &[u8] = b"SCHILY.xattr.user.";

/// Reads the members of an archive in order. As a [`Read`], it returns the content of the current
/// member, without holes.
#[derive(Debug)]
pub struct MemberReader<R> {
    input: R,
    /// Unread bytes of the current member's content.
    content_left: u64,
    /// Bytes between the content and the next header.
    padding: u64,
}

/// The extended headers of one member.
#[derive(Debug, Default)]
struct ExtendedHeader {
    path: Option<Vec<u8>>,
    linkname: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u64>,
    gid: Option<u64>,
    mtime: Option<FileTime>,
    attributes: BTreeMap<Vec<u8>, Vec<u8>>,
    sparse: SparseHeader,
}

/// The records of a sparse file.
#[derive(Debug, Default)]
struct SparseHeader {
    version: (Option<u64>, Option<u64>),
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<R: Read> MemberReader<R> {
    /// Creates a reader.
    pub fn new(input: R) -> Self {
        Self { input, content_left: 0, padding: 0 }
    }

    /// Returns the number of unread bytes of the current member's content.
    #[must_use]
    pub fn content_left(&self) -> u64 {
        self.content_left
    }

    /// Returns the next member and skips unread content of the current one. `None` after the
    /// end-of-archive marker, which is required.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] for invalid bytes. Members are not yet checked against an
    /// [`UnpackPolicy`](super::UnpackPolicy).
    pub fn next_member(&mut self) -> Result<Option<Member>, ArchiveError> {
        let mut extended = ExtendedHeader::default();
        for _ in 0..MAX_HEADERS {
            self.skip(self.content_left)?;
            self.skip(self.padding)?;
            (self.content_left, self.padding) = (0, 0);
            let mut header = Header([0; BLOCK]);
            self.read_exact(&mut header.0)?;
            if header.is_zero() {
                return self.read_trailer().map(|()| None);
            }
            header.verify()?;
            match header.typeflag() {
                b'x' => extended.read(&self.read_records(header.size()?)?)?,
                b'L' => extended.path = Some(self.read_name(header.size()?)?),
                b'K' => extended.linkname = Some(self.read_name(header.size()?)?),
                b'g' => return Err(ArchiveError::Malformed("global headers are not supported")),
                _ => return self.read_member(&header, extended).map(Some),
            }
        }
        Err(ArchiveError::Malformed("too many headers before one member"))
    }

    fn read_member(
        &mut self,
        header: &Header,
        extended: ExtendedHeader,
    ) -> Result<Member, ArchiveError> {
        let stored = extended.size.map_or_else(|| header.size(), Ok)?;
        let named = extended.path.unwrap_or_else(|| header.name());
        let is_directory = named.ends_with(b"/");
        let path = MemberPath::parse(extended.sparse.name.as_deref().unwrap_or(&named))?;
        let link = || extended.linkname.clone().unwrap_or_else(|| header.linkname());
        let kind = match header.typeflag() {
            // Before POSIX.1-1988, a directory was a file with a trailing slash in its name.
            b'0' | 0 if is_directory => MemberKind::Directory,
            b'0' | 0 | b'7' => {
                self.content_left = stored;
                self.padding = stored.wrapping_neg() % BLOCK as u64;
                stored.checked_add(self.padding).ok_or(INVALID_SIZE)?;
                self.read_file_kind(&extended.sparse)?
            }
            b'5' => MemberKind::Directory,
            b'2' => MemberKind::Symlink(link()),
            b'1' => MemberKind::HardLink(MemberPath::parse(&link())?),
            b'3' | b'4' => MemberKind::Unsupported("is a device"),
            b'6' => MemberKind::Unsupported("is a named pipe"),
            b'S' => MemberKind::Unsupported("uses an obsolete sparse format"),
            _ => MemberKind::Unsupported("is of an unknown type"),
        };
        if !matches!(kind, MemberKind::File { .. }) && stored != 0 {
            return Err(ArchiveError::refused(
                path.as_bytes(),
                "has content but is not a regular file",
            ));
        }
        let seconds = || header.mtime().map(|seconds| FileTime { seconds, nanoseconds: 0 });
        Ok(Member {
            kind,
            mode: header.mode()? & 0o7777,
            owner: Owner {
                uid: extended.uid.map_or_else(|| header.uid(), Ok)?,
                gid: extended.gid.map_or_else(|| header.gid(), Ok)?,
            },
            modified: extended.mtime.map_or_else(seconds, Ok)?,
            attributes: extended.attributes,
            path,
        })
    }

    /// Returns the type of a regular file; reads the map of a sparse one.
    fn read_file_kind(&mut self, sparse: &SparseHeader) -> Result<MemberKind, ArchiveError> {
        let size = match (sparse.version, sparse.size) {
            ((None, None), None) if sparse.name.is_none() => {
                return Ok(MemberKind::File { size: self.content_left, sparse_map: None });
            }
            ((Some(1), Some(0)), Some(size)) => size,
            _ => return Err(ArchiveError::Malformed("unknown sparse file format")),
        };
        let parts =
            SparseMap::decode(size, |block| match self.content_left.checked_sub(BLOCK as u64) {
                None => Err(ArchiveError::Malformed("truncated sparse map")),
                Some(left) => {
                    self.content_left = left;
                    fill_buffer(&mut self.input, block)
                }
            })?;
        match parts.stored_size() == self.content_left {
            true => Ok(MemberKind::File { size, sparse_map: Some(parts) }),
            false => Err(ArchiveError::Malformed("sparse map does not match the file size")),
        }
    }

    /// Reads a name from header content, without its trailing NUL byte.
    fn read_name(&mut self, size: u64) -> Result<Vec<u8>, ArchiveError> {
        let mut name = self.read_records(size)?;
        if name.last() == Some(&0) {
            name.pop();
        }
        Ok(name)
    }

    fn read_records(&mut self, size: u64) -> Result<Vec<u8>, ArchiveError> {
        if size > MAX_RECORDS_SIZE {
            return Err(ArchiveError::Malformed("oversized header"));
        }
        let mut content = Vec::new();
        let read = (&mut self.input).take(size).read_to_end(&mut content);
        if read.map_err(ArchiveError::Read)? as u64 != size {
            return Err(ArchiveError::Truncated);
        }
        self.skip(size.wrapping_neg() % BLOCK as u64)?;
        Ok(content)
    }

    /// Reads the padding after the end-of-archive marker, so that the sender's pipe is not closed
    /// early.
    fn read_trailer(&mut self) -> Result<(), ArchiveError> {
        let mut buffer = [0; 8192];
        let mut rest = (&mut self.input).take(MAX_TRAILER_SIZE + 1);
        let mut length = 0;
        loop {
            match rest.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => {
                    length += read as u64;
                    let is_empty = buffer[..read].iter().all(|&byte| byte == 0);
                    if !is_empty || length > MAX_TRAILER_SIZE {
                        return Err(ArchiveError::Malformed("data after the end of the archive"));
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
        fill_buffer(&mut self.input, buffer)
    }
}

impl<R: Read> Read for MemberReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(usize::try_from(self.content_left).unwrap_or(usize::MAX));
        if length == 0 {
            return Ok(0);
        }
        let read = self.input.read(&mut buffer[..length])?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.content_left -= read as u64;
        Ok(read)
    }
}

impl ExtendedHeader {
    fn read(&mut self, text: &[u8]) -> Result<(), ArchiveError> {
        for record in pax::records(text) {
            let (key, value) =
                record.ok_or(ArchiveError::Malformed("invalid extended header record"))?;
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"linkpath" => self.linkname = Some(value.to_vec()),
                b"size" => self.size = Some(parse_decimal(value)?),
                b"uid" => self.uid = Some(parse_decimal(value)?),
                b"gid" => self.gid = Some(parse_decimal(value)?),
                b"mtime" => {
                    let time = FileTime::parse(value);
                    self.mtime =
                        Some(time.ok_or(ArchiveError::Malformed("invalid modification time"))?);
                }
                b"GNU.sparse.major" => self.sparse.version.0 = Some(parse_decimal(value)?),
                b"GNU.sparse.minor" => self.sparse.version.1 = Some(parse_decimal(value)?),
                b"GNU.sparse.name" => self.sparse.name = Some(value.to_vec()),
                b"GNU.sparse.realsize" => self.sparse.size = Some(parse_decimal(value)?),
                // Unknown records of this kind change the meaning of the content.
                key if key.starts_with(b"GNU.sparse.") => {
                    return Err(ArchiveError::Malformed("unknown sparse file format"));
                }
                key if ACL_KEYS.contains(&key) || key.starts_with(XATTR_PREFIX) => {
                    self.attributes.insert(key.to_vec(), value.to_vec());
                }
                _ => {}
            }
        }
        Ok(())
    }
}

const INVALID_SIZE: ArchiveError = ArchiveError::Malformed("invalid size");

fn parse_decimal(text: &[u8]) -> Result<u64, ArchiveError> {
    let is_plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(text).ok().filter(|_| is_plain);
    number.and_then(|text| text.parse().ok()).ok_or(INVALID_SIZE)
}

fn fill_buffer(input: &mut impl Read, buffer: &mut [u8]) -> Result<(), ArchiveError> {
    input.read_exact(buffer).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => ArchiveError::Truncated,
        _ => ArchiveError::Read(error),
    })
}
