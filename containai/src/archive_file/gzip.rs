//! gzip on all processors.
//!
//! A file is a row of gzip members (RFC 1952, 2.2), each of at most a mebibyte
//! of content, which every `gunzip` reads as one. A field of ours in their
//! headers tells how long the member is, so that they can be unpacked on all
//! processors too.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};

use super::parallel::ParallelBlocks;

/// How much content a member has.
pub(crate) const MEMBER_CONTENT: usize = 1 << 20;
/// What a member begins with: the fixed header with nothing but an extra field,
/// which is ours and holds the length of the member.
pub(crate) const EXTRA_FIELD: [u8; 4] = *b"CA\x04\x00";
pub(crate) const LENGTH_OFFSET: usize = 16;
pub(crate) const HEADER_LENGTH: usize = LENGTH_OFFSET + 4;
/// Packs a third as well as level 6 costs three times the time, and misses its
/// size by a few in the hundred.
const LEVEL: Compression = Compression::new(2);

/// Packs what is written; [`GzipWriter::finish`] has to follow.
pub(crate) struct GzipWriter<W> {
    output: W,
    members: ParallelBlocks,
    content: Vec<u8>,
    is_empty: bool,
}

impl<W: Write> GzipWriter<W> {
    pub(crate) fn new(output: W) -> Self {
        let content = Vec::with_capacity(MEMBER_CONTENT);
        Self { output, members: ParallelBlocks::new(compress_member), content, is_empty: true }
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        if !self.content.is_empty() || self.is_empty {
            self.finish_member()?;
        }
        while let Some(member) = self.members.pop() {
            self.output.write_all(&member?)?;
        }
        Ok(self.output)
    }

    fn finish_member(&mut self) -> io::Result<()> {
        while self.members.is_full()
            && let Some(member) = self.members.pop()
        {
            self.output.write_all(&member?)?;
        }
        self.is_empty = false;
        self.members.push(std::mem::replace(&mut self.content, Vec::with_capacity(MEMBER_CONTENT)))
    }
}

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().min(MEMBER_CONTENT - self.content.len());
        self.content.extend_from_slice(&bytes[..length]);
        if self.content.len() == MEMBER_CONTENT {
            self.finish_member()?;
        }
        Ok(length)
    }

    /// Members stay whole: nothing is packed earlier for it.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn compress_member(content: &[u8]) -> io::Result<Vec<u8>> {
    let field = [&EXTRA_FIELD[..], &[0; 4]].concat();
    let output = Vec::with_capacity(content.len() / 2);
    let mut writer = GzBuilder::new().extra(field).write(output, LEVEL);
    writer.write_all(content)?;
    let mut member = writer.finish()?;
    let length = u32::try_from(member.len()).map_err(io::Error::other)?;
    member[LENGTH_OFFSET..HEADER_LENGTH].copy_from_slice(&length.to_le_bytes());
    Ok(member)
}
