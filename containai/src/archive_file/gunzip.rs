//! gunzip: on all processors where the members tell how long they are.

use std::io::{self, BufRead, Cursor, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;
use libdeflater::{DecompressionError, Decompressor};

use super::gzip::{CONTENT, FIELD, HEADER, LENGTH_AT};
use super::in_order::InOrder;

/// The longest member: what is not compressible grows a little.
const LONGEST: usize = CONTENT + CONTENT / 8;
/// The fixed part of a header with an extra field and nothing else, and the
/// length of that field; what stands between is a time.
const MAGIC: [u8; 4] = [0x1f, 0x8b, 8, 4];

/// Reads any gzip file.
pub(crate) enum GunzipReader<R> {
    /// One of ours.
    Rows(Rows<R>),
    /// Anybody's.
    Plain(Box<MultiGzDecoder<R>>),
}

impl<R: BufRead> GunzipReader<R> {
    pub(crate) fn new(mut input: R) -> io::Result<Self> {
        // A buffer shows at least that much of a file of ours.
        let is_ours =
            input.fill_buf()?.get(..HEADER).is_some_and(|header| length(header).is_some());
        Ok(match is_ours {
            true => Self::Rows(Rows {
                input: Some(input),
                members: InOrder::new(unpack),
                content: Cursor::new(Vec::new()),
            }),
            false => Self::Plain(Box::new(MultiGzDecoder::new(input))),
        })
    }
}

impl<R: BufRead> Read for GunzipReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Rows(rows) => rows.read(buffer),
            Self::Plain(plain) => plain.read(buffer),
        }
    }
}

/// Members that are being unpacked.
pub(crate) struct Rows<R> {
    /// `None` after its end.
    input: Option<R>,
    members: InOrder,
    content: Cursor<Vec<u8>>,
}

impl<R: Read> Read for Rows<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let length = self.content.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            while !self.members.is_full()
                && let Some(input) = &mut self.input
            {
                match next(input)? {
                    Some(member) => self.members.give(member)?,
                    None => self.input = None,
                }
            }
            match self.members.take() {
                Some(content) => self.content = Cursor::new(content?),
                None => return Ok(0),
            }
        }
    }
}

/// The next member, whole; `None` at the end.
fn next(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut member = Vec::new();
    input.by_ref().take(HEADER as u64).read_to_end(&mut member)?;
    if member.is_empty() {
        return Ok(None);
    }
    let length = length(&member).ok_or_else(|| broken("a member is none of ours"))?;
    let rest = length.checked_sub(HEADER).filter(|_| length <= LONGEST);
    let rest = rest.ok_or_else(|| broken("a member says a wrong length"))?;
    input.by_ref().take(rest as u64).read_to_end(&mut member)?;
    match member.len() == length {
        true => Ok(Some(member)),
        false => Err(ErrorKind::UnexpectedEof.into()),
    }
}

/// What a member of ours says about its length.
fn length(header: &[u8]) -> Option<usize> {
    let is_ours = header.len() == HEADER
        && header.starts_with(&MAGIC)
        && header[10..12] == [8, 0]
        && header[12..LENGTH_AT] == FIELD;
    let length = header.get(LENGTH_AT..HEADER)?.try_into().ok()?;
    is_ours.then(|| usize::try_from(u32::from_le_bytes(length)).ok())?
}

/// Unpacks one member, which may not hold more than ours do. It says at its end
/// how much that is, RFC 1952, 2.3.1.
fn unpack(member: &[u8]) -> io::Result<Vec<u8>> {
    let held = member.last_chunk().map_or(0, |&bytes| u32::from_le_bytes(bytes));
    let held = usize::try_from(held).ok().filter(|&held| held <= CONTENT);
    let mut content = vec![0; held.ok_or_else(|| broken("a member holds too much"))?];
    match Decompressor::new().gzip_decompress(member, &mut content) {
        Ok(length) if length == content.len() => Ok(content),
        Ok(_) => Err(broken("a member says a wrong length")),
        Err(DecompressionError::InsufficientSpace) => Err(broken("a member holds too much")),
        Err(DecompressionError::BadData) => Err(broken("a member is damaged")),
    }
}

fn broken(what: &'static str) -> io::Error {
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

    fn pack(content: &[u8]) -> Vec<u8> {
        let mut writer = GzipWriter::new(Vec::new());
        writer.write_all(content).and_then(|()| writer.finish()).expect("memory takes it")
    }

    fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
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
    fn everybody_reads_what_is_written() -> io::Result<()> {
        for length in [0, 1, CONTENT - 1, CONTENT, CONTENT + 1, 5 * CONTENT / 2] {
            let content = content(length);
            let packed = pack(&content);
            assert!(unpack(&packed)? == content, "{length}");
            let mut read = Vec::new();
            MultiGzDecoder::new(&packed[..]).read_to_end(&mut read)?;
            assert!(read == content, "{length}");
        }
        Ok(())
    }

    #[test]
    fn what_others_wrote_is_read() -> io::Result<()> {
        let content = content(3 * CONTENT);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&content)?;
        assert!(unpack(&encoder.finish()?)? == content);
        Ok(())
    }

    #[test]
    fn a_member_holds_what_it_says() {
        const MOST: u32 = 1 << 20;
        let check = |change: fn(&mut Vec<u8>), expected: Result<(), &str>| {
            let mut member = pack(&content(CONTENT - 1));
            change(&mut member);
            let unpacked = super::unpack(&member).map(drop).map_err(|error| error.to_string());
            assert_eq!(unpacked, expected.map_err(str::to_owned));
        };
        fn say(member: &mut Vec<u8>, held: u32) {
            member.truncate(member.len() - 4);
            member.extend(held.to_le_bytes());
        }
        check(|_| (), Ok(()));
        check(|it| say(it, MOST + 1), Err("a member holds too much"));
        check(|it| say(it, MOST - 2), Err("a member holds too much"));
        check(|it| say(it, MOST), Err("a member is damaged"));
        check(|it| it.extend(MOST.to_le_bytes()), Err("a member says a wrong length"));
        check(|it| it.truncate(HEADER), Err("a member is damaged"));
        check(|it| it.clear(), Err("a member is damaged"));
    }

    #[test]
    fn nothing_is_cut_or_changed_without_notice() {
        let packed = pack(&content(2 * CONTENT));
        for at in [5, HEADER, packed.len() / 2, packed.len() - 1] {
            assert!(unpack(&packed[..at]).is_err(), "cut at {at}");
        }
        for at in [0, LENGTH_AT, HEADER + 100, packed.len() / 2, packed.len() - 6] {
            let mut changed = packed.clone();
            changed[at] ^= 0x55;
            assert!(unpack(&changed).is_err(), "changed at {at}");
        }
    }

    proptest! {
        #[test]
        fn anything_is_survived(mut bytes in prop::collection::vec(any::<u8>(), 0..300), ours: bool) {
            if ours {
                bytes.splice(..0, pack(b"x").into_iter().take(HEADER));
            }
            let _ = unpack(&bytes);
        }
    }
}
