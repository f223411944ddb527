//! Writes archives.

use std::io::{self, Write};

use super::header::{BLOCK, Header};
use super::{ArchiveError, Member, MemberKind, pax};

/// Writes members in order; the content of each is written with [`Write`]. Every header byte is
/// generated here.
#[derive(Debug)]
pub struct MemberWriter<W> {
    output: W,
    /// The prefix of every path: empty, or with a trailing slash.
    prefix: Vec<u8>,
    /// Unwritten bytes of the current member's content.
    content_left: u64,
    padding: usize,
}

impl<W: Write> MemberWriter<W> {
    /// Creates a writer that places all paths below the directory `prefix`; empty for none.
    pub fn new(output: W, prefix: &str) -> Self {
        let prefix = if prefix.is_empty() { Vec::new() } else { format!("{prefix}/").into() };
        Self { output, prefix, content_left: 0, padding: 0 }
    }

    /// Starts a member.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Malformed`] when content of the previous member is missing,
    /// [`ArchiveError::Write`] when writing fails.
    pub fn start_member(&mut self, member: &Member) -> Result<(), ArchiveError> {
        self.finish_member()?;
        let map = match &member.kind {
            MemberKind::File { sparse_map: Some(parts), .. } => parts.map(),
            _ => Vec::new(),
        };
        let stored = member.kind.stored_size();
        let size = map.len() as u64 + stored;
        let headers = self.headers(member, size);
        self.output.write_all(&headers).map_err(ArchiveError::Write)?;
        self.output.write_all(&map).map_err(ArchiveError::Write)?;
        self.content_left = stored;
        self.padding = usize::try_from(size.wrapping_neg() % BLOCK as u64).unwrap_or(0);
        Ok(())
    }

    /// Writes the end-of-archive marker and returns the output.
    ///
    /// # Errors
    ///
    /// As [`Self::start_member`].
    pub fn finish(mut self) -> Result<W, ArchiveError> {
        self.finish_member()?;
        let end = self.output.write_all(&[0; 2 * BLOCK]).and_then(|()| self.output.flush());
        end.map_err(ArchiveError::Write)?;
        Ok(self.output)
    }

    /// Returns the output between two members.
    pub(super) fn into_inner(mut self) -> Result<W, ArchiveError> {
        self.finish_member()?;
        Ok(self.output)
    }

    fn finish_member(&mut self) -> Result<(), ArchiveError> {
        if self.content_left > 0 {
            return Err(ArchiveError::Malformed("file shorter than its header states"));
        }
        let padding = std::mem::take(&mut self.padding);
        self.output.write_all(&[0; BLOCK][..padding]).map_err(ArchiveError::Write)
    }

    fn headers(&self, member: &Member, size: u64) -> Vec<u8> {
        let path = self.member_path(member);
        let (kind, link) = match &member.kind {
            MemberKind::File { .. } => (b'0', Vec::new()),
            MemberKind::Directory => (b'5', Vec::new()),
            MemberKind::Symlink(to) => (b'2', to.clone()),
            MemberKind::HardLink(to) => (b'1', [&self.prefix, to.as_bytes()].concat()),
            // Never passes the policy; an empty file is harmless.
            MemberKind::Unsupported(_) => (b'0', Vec::new()),
        };
        let mut header = Header::new(kind);
        let mut records = Vec::new();
        let mut record = |key: &[u8], value: &[u8]| records.extend(pax::record(key, value));
        if header.set_name(&path).is_err() {
            record(b"path", &path);
        }
        if header.set_linkname(&link).is_err() {
            record(b"linkpath", &link);
        }
        header.set_mode(member.mode);
        if header.set_uid(member.owner.uid).is_err() {
            record(b"uid", member.owner.uid.to_string().as_bytes());
        }
        if header.set_gid(member.owner.gid).is_err() {
            record(b"gid", member.owner.gid.to_string().as_bytes());
        }
        if header.set_size(size).is_err() {
            record(b"size", size.to_string().as_bytes());
        }
        let seconds = u64::try_from(member.modified.seconds);
        let fits = seconds.is_ok_and(|seconds| header.set_mtime(seconds).is_ok());
        if !fits || member.modified.nanoseconds > 0 {
            record(b"mtime", member.modified.to_pax().as_bytes());
        }
        if let MemberKind::File { size, sparse_map: Some(_) } = &member.kind {
            record(b"GNU.sparse.major", b"1");
            record(b"GNU.sparse.minor", b"0");
            record(b"GNU.sparse.name", &path);
            record(b"GNU.sparse.realsize", size.to_string().as_bytes());
        }
        for (key, value) in &member.attributes {
            record(key, value);
        }
        let mut headers = Vec::with_capacity(3 * BLOCK);
        if !records.is_empty() {
            let mut extended = Header::new(b'x');
            // Only programs without support for extended headers use the name.
            let _ = extended.set_name(b"././@PaxHeader");
            extended.set_mode(0o644);
            // Records have at most 1 MiB, and paths are short, so the size fits.
            let _ = extended.set_size(records.len() as u64);
            headers.extend(extended.finalize());
            headers.extend(&records);
            headers.resize(headers.len().next_multiple_of(BLOCK), 0);
        }
        headers.extend(header.finalize());
        headers
    }

    fn member_path(&self, member: &Member) -> Vec<u8> {
        let own = member.path.as_bytes();
        let slash: &[u8] = if member.kind == MemberKind::Directory { b"/" } else { b"" };
        match (own.is_empty(), self.prefix.is_empty()) {
            (true, true) => b"./".to_vec(),
            (true, false) => self.prefix.clone(),
            _ => [&self.prefix, own, slash].concat(),
        }
    }
}

impl<W: Write> Write for MemberWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().min(usize::try_from(self.content_left).unwrap_or(usize::MAX));
        if length == 0 && !bytes.is_empty() {
            return Err(io::Error::other("file longer than its header states"));
        }
        let written = self.output.write(&bytes[..length])?;
        self.content_left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
