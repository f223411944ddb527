//! gunzip, in parallel if the members record their lengths.

use std::io::{self, BufRead, Cursor, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;
use libdeflater::{DecompressionError, Decompressor};

use super::gzip::{EXTRA_FIELD, HEADER_LENGTH, LENGTH_OFFSET, MEMBER_CONTENT};
use super::parallel::ParallelBlocks;

/// The longest member, in bytes: incompressible content grows a little.
const MAX_MEMBER_BYTES: usize = MEMBER_CONTENT + MEMBER_CONTENT / 8;
/// The start of a gzip header whose only optional part is an extra field; a time follows.
const MAGIC: [u8; 4] = [0x1f, 0x8b, 8, 4];

/// A reader of gzip files.
pub(crate) enum GunzipReader<R> {
    /// A file that [`GzipWriter`](super::gzip::GzipWriter) wrote.
    Parallel(ParallelMembers<R>),
    /// Any other gzip file.
    Sequential(Box<MultiGzDecoder<R>>),
}

impl<R: BufRead> GunzipReader<R> {
    pub(crate) fn new(mut input: R) -> io::Result<Self> {
        // The first read of a file returns at least one header.
        let has_lengths = input
            .fill_buf()?
            .get(..HEADER_LENGTH)
            .is_some_and(|header| member_length(header).is_some());
        Ok(match has_lengths {
            true => Self::Parallel(ParallelMembers {
                input: Some(input),
                members: ParallelBlocks::new(decompress_member),
                content: Cursor::new(Vec::new()),
            }),
            false => Self::Sequential(Box::new(MultiGzDecoder::new(input))),
        })
    }
}

impl<R: BufRead> Read for GunzipReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Parallel(members) => members.read(buffer),
            Self::Sequential(decoder) => decoder.read(buffer),
        }
    }
}

/// Members that are decompressed in parallel.
pub(crate) struct ParallelMembers<R> {
    /// `None` after the end of the input.
    input: Option<R>,
    members: ParallelBlocks,
    content: Cursor<Vec<u8>>,
}

impl<R: Read> Read for ParallelMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let length = self.content.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            while !self.members.is_full()
                && let Some(input) = &mut self.input
            {
                match read_member(input)? {
                    Some(member) => self.members.push(member)?,
                    None => self.input = None,
                }
            }
            match self.members.pop() {
                Some(content) => self.content = Cursor::new(content?),
                None => return Ok(0),
            }
        }
    }
}

/// Reads the next whole member; `None` at the end.
fn read_member(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut member = Vec::new();
    input.by_ref().take(HEADER_LENGTH as u64).read_to_end(&mut member)?;
    if member.is_empty() {
        return Ok(None);
    }
    let length =
        member_length(&member).ok_or_else(|| invalid_gzip("a member has no length field"))?;
    let rest = length.checked_sub(HEADER_LENGTH).filter(|_| length <= MAX_MEMBER_BYTES);
    let rest = rest.ok_or_else(|| invalid_gzip("a member has a wrong length"))?;
    input.by_ref().take(rest as u64).read_to_end(&mut member)?;
    match member.len() == length {
        true => Ok(Some(member)),
        false => Err(ErrorKind::UnexpectedEof.into()),
    }
}

/// Returns the length that the extra field of a member records; `None` if the header has none.
fn member_length(header: &[u8]) -> Option<usize> {
    let has_lengths = header.len() == HEADER_LENGTH
        && header.starts_with(&MAGIC)
        && header[10..12] == [8, 0]
        && header[12..LENGTH_OFFSET] == EXTRA_FIELD;
    let length = header.get(LENGTH_OFFSET..HEADER_LENGTH)?.try_into().ok()?;
    has_lengths.then(|| usize::try_from(u32::from_le_bytes(length)).ok())?
}

/// Decompresses one member of at most [`MEMBER_CONTENT`] bytes. Its last field is the size of
/// the content (RFC 1952, 2.3.1).
fn decompress_member(member: &[u8]) -> io::Result<Vec<u8>> {
    let size = member.last_chunk().map_or(0, |&bytes| u32::from_le_bytes(bytes));
    let size = usize::try_from(size).ok().filter(|&size| size <= MEMBER_CONTENT);
    let mut content = vec![0; size.ok_or_else(|| invalid_gzip("a member is too large"))?];
    match Decompressor::new().gzip_decompress(member, &mut content) {
        Ok(length) if length == content.len() => Ok(content),
        Ok(_) => Err(invalid_gzip("a member has a wrong length")),
        Err(DecompressionError::InsufficientSpace) => Err(invalid_gzip("a member is too large")),
        Err(DecompressionError::BadData) => Err(invalid_gzip("a member is damaged")),
    }
}

fn invalid_gzip(reason: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::super::gzip::GzipWriter;
    use super::*;

    fn compress(content: &[u8]) -> Vec<u8> {
        let mut writer = GzipWriter::new(Vec::new());
        writer.write_all(content).and_then(|()| writer.finish()).expect("writes to memory succeed")
    }

    fn decompress(packed: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        GunzipReader::new(packed)?.read_to_end(&mut content)?;
        Ok(content)
    }

    /// Pseudo-random bytes, half of which are `x`.
    fn content(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state & 1 << 30 == 0 { state.to_be_bytes()[0] } else { b'x' }
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    #[test]
    fn other_gunzip_reads_our_output() -> io::Result<()> {
        for length in
            [0, 1, MEMBER_CONTENT - 1, MEMBER_CONTENT, MEMBER_CONTENT + 1, 5 * MEMBER_CONTENT / 2]
        {
            let content = content(length);
            let packed = compress(&content);
            assert!(decompress(&packed)? == content, "{length}");
            let mut read = Vec::new();
            MultiGzDecoder::new(&packed[..]).read_to_end(&mut read)?;
            assert!(read == content, "{length}");
        }
        Ok(())
    }

    #[test]
    fn output_of_other_gzip_is_read() -> io::Result<()> {
        let content = content(3 * MEMBER_CONTENT);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&content)?;
        assert!(decompress(&encoder.finish()?)? == content);
        Ok(())
    }

    #[test]
    fn members_with_a_wrong_length_are_refused() {
        const MAX_MEMBER_CONTENT: u32 = 1 << 20;
        let check = |change: fn(&mut Vec<u8>), expected: Result<(), &str>| {
            let mut member = compress(&content(MEMBER_CONTENT - 1));
            change(&mut member);
            let unpacked = decompress_member(&member).map(drop).map_err(|error| error.to_string());
            assert_eq!(unpacked, expected.map_err(str::to_owned));
        };
        fn set_size(member: &mut Vec<u8>, size: u32) {
            member.truncate(member.len() - 4);
            member.extend(size.to_le_bytes());
        }
        check(|_| (), Ok(()));
        check(|it| set_size(it, MAX_MEMBER_CONTENT + 1), Err("a member is too large"));
        check(|it| set_size(it, MAX_MEMBER_CONTENT - 2), Err("a member is too large"));
        check(|it| set_size(it, MAX_MEMBER_CONTENT), Err("a member is damaged"));
        check(|it| it.extend(MAX_MEMBER_CONTENT.to_le_bytes()), Err("a member has a wrong length"));
        check(|it| it.truncate(HEADER_LENGTH), Err("a member is damaged"));
        check(|it| it.clear(), Err("a member is damaged"));
    }

    #[test]
    fn truncation_and_corruption_are_detected() {
        let packed = compress(&content(2 * MEMBER_CONTENT));
        for at in [5, HEADER_LENGTH, packed.len() / 2, packed.len() - 1] {
            assert!(decompress(&packed[..at]).is_err(), "cut at {at}");
        }
        for at in [0, LENGTH_OFFSET, HEADER_LENGTH + 100, packed.len() / 2, packed.len() - 6] {
            let mut changed = packed.clone();
            changed[at] ^= 0x55;
            assert!(decompress(&changed).is_err(), "changed at {at}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_input_does_not_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300), is_own: bool) {
            if is_own {
                bytes.splice(..0, compress(b"x").into_iter().take(HEADER_LENGTH));
            }
            let _ = decompress(&bytes);
        }
    }
}
