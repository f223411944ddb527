//! Parallel gzip compression.
//!
//! A file is a sequence of gzip members (RFC 1952, 2.2), each with at most one mebibyte of
//! content, which every `gunzip` reads as one file. An extra field in each header records the
//! length of the member, so that members can also be decompressed in parallel.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};

use super::parallel::ParallelBlocks;

/// The content of one member, in bytes.
pub(crate) const MEMBER_CONTENT: usize = 1 << 20;
/// The identifier and size of the extra field that records the length of a member.
pub(crate) const EXTRA_FIELD: [u8; 4] = *b"CA\x04\x00";
/// The offset of the recorded length in a member.
pub(crate) const LENGTH_OFFSET: usize = 16;
/// The length of a header with this extra field and no other optional part.
pub(crate) const HEADER_LENGTH: usize = LENGTH_OFFSET + 4;
/// Level 6 takes three times as long, for output that is a few percent smaller.
const LEVEL: Compression = Compression::new(2);

/// A writer that compresses to gzip; call [`GzipWriter::finish`] at the end.
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

    /// Does nothing: members have a fixed size.
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
