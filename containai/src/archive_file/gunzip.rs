//! gunzip: on all processors where the members tell how long they are.

use std::io::{self, BufRead, Cursor, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;
use libdeflater::{DecompressionError, Decompressor};

use super::gzip::{EXTRA_FIELD, HEADER_LENGTH, LENGTH_OFFSET, MEMBER_CONTENT};
use super::parallel::ParallelBlocks;

/// The longest member: what is not compressible grows a little.
const MAX_MEMBER_BYTES: usize = MEMBER_CONTENT + MEMBER_CONTENT / 8;
/// The fixed part of a header with an extra field and nothing else, and the
/// length of that field; what stands between is a time.
const MAGIC: [u8; 4] = [0x1f, 0x8b, 8, 4];

/// Reads any gzip file.
pub(crate) enum GunzipReader<R> {
    /// One of ours.
    Parallel(ParallelMembers<R>),
    /// Anybody's.
    Sequential(Box<MultiGzDecoder<R>>),
}

impl<R: BufRead> GunzipReader<R> {
    pub(crate) fn new(mut input: R) -> io::Result<Self> {
        // A buffer shows at least that much of a file of ours.
        let is_ours = input
            .fill_buf()?
            .get(..HEADER_LENGTH)
            .is_some_and(|header| member_length(header).is_some());
        Ok(match is_ours {
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
            Self::Parallel(rows) => rows.read(buffer),
            Self::Sequential(plain) => plain.read(buffer),
        }
    }
}

/// Members that are being unpacked.
pub(crate) struct ParallelMembers<R> {
    /// `None` after its end.
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

/// The next member, whole; `None` at the end.
fn read_member(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut member = Vec::new();
    input.by_ref().take(HEADER_LENGTH as u64).read_to_end(&mut member)?;
    if member.is_empty() {
        return Ok(None);
    }
    let length = member_length(&member).ok_or_else(|| invalid_gzip("a member is none of ours"))?;
    let rest = length.checked_sub(HEADER_LENGTH).filter(|_| length <= MAX_MEMBER_BYTES);
    let rest = rest.ok_or_else(|| invalid_gzip("a member says a wrong length"))?;
    input.by_ref().take(rest as u64).read_to_end(&mut member)?;
    match member.len() == length {
        true => Ok(Some(member)),
        false => Err(ErrorKind::UnexpectedEof.into()),
    }
}

/// What a member of ours says about its length.
fn member_length(header: &[u8]) -> Option<usize> {
    let is_ours = header.len() == HEADER_LENGTH
        && header.starts_with(&MAGIC)
        && header[10..12] == [8, 0]
        && header[12..LENGTH_OFFSET] == EXTRA_FIELD;
    let length = header.get(LENGTH_OFFSET..HEADER_LENGTH)?.try_into().ok()?;
    is_ours.then(|| usize::try_from(u32::from_le_bytes(length)).ok())?
}

/// Unpacks one member, which may not hold more than ours do. It says at its end
/// how much that is, RFC 1952, 2.3.1.
fn decompress_member(member: &[u8]) -> io::Result<Vec<u8>> {
    let held = member.last_chunk().map_or(0, |&bytes| u32::from_le_bytes(bytes));
    let held = usize::try_from(held).ok().filter(|&held| held <= MEMBER_CONTENT);
    let mut content = vec![0; held.ok_or_else(|| invalid_gzip("a member holds too much"))?];
    match Decompressor::new().gzip_decompress(member, &mut content) {
        Ok(length) if length == content.len() => Ok(content),
        Ok(_) => Err(invalid_gzip("a member says a wrong length")),
        Err(DecompressionError::InsufficientSpace) => Err(invalid_gzip("a member holds too much")),
        Err(DecompressionError::BadData) => Err(invalid_gzip("a member is damaged")),
    }
}

fn invalid_gzip(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
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
        writer.write_all(content).and_then(|()| writer.finish()).expect("memory takes it")
    }

    fn decompress(packed: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        GunzipReader::new(packed)?.read_to_end(&mut content)?;
        Ok(content)
    }

    /// Bytes of which half are alike.
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
            let unpacked =
                super::decompress_member(&member).map(drop).map_err(|error| error.to_string());
            assert_eq!(unpacked, expected.map_err(str::to_owned));
        };
        fn set_length(member: &mut Vec<u8>, held: u32) {
            member.truncate(member.len() - 4);
            member.extend(held.to_le_bytes());
        }
        check(|_| (), Ok(()));
        check(|it| set_length(it, MAX_MEMBER_CONTENT + 1), Err("a member holds too much"));
        check(|it| set_length(it, MAX_MEMBER_CONTENT - 2), Err("a member holds too much"));
        check(|it| set_length(it, MAX_MEMBER_CONTENT), Err("a member is damaged"));
        check(
            |it| it.extend(MAX_MEMBER_CONTENT.to_le_bytes()),
            Err("a member says a wrong length"),
        );
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
        fn arbitrary_input_does_not_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300), ours: bool) {
            if ours {
                bytes.splice(..0, compress(b"x").into_iter().take(HEADER_LENGTH));
            }
            let _ = decompress(&bytes);
        }
    }
}
