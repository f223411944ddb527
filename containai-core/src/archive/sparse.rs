//! Sparse files, as GNU tar stores them in POSIX archives ("PAX Format, Version 1.0" in its
//! manual).

use super::ArchiveError;

/// The maximum number of segments: more than real files have, and their map still fits in little
/// memory.
const MAX_SEGMENTS: usize = 1 << 20;
/// The block size of a map.
const BLOCK: usize = 512;
/// The maximum number of digits of a number in a map.
const MAX_DIGITS: usize = 19;

/// The data segments of a sparse file, in order, without overlaps, within the file size.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SparseMap(Vec<Segment>);

/// One data segment of a sparse file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Segment {
    /// The offset in bytes.
    pub offset: u64,
    /// The length in bytes.
    pub length: u64,
}

impl SparseMap {
    /// Creates the map of a file of `size` bytes.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Malformed`] when segments overlap, are out of order or exceed `size`.
    pub fn new(parts: Vec<Segment>, size: u64) -> Result<Self, ArchiveError> {
        let mut end = 0_u64;
        for part in &parts {
            if part.offset < end {
                return Err(INVALID_MAP);
            }
            end = part.offset.checked_add(part.length).ok_or(INVALID_MAP)?;
        }
        match end <= size {
            true => Ok(Self(parts)),
            false => Err(INVALID_MAP),
        }
    }

    /// Returns the total length of all segments in bytes.
    #[must_use]
    pub fn stored_size(&self) -> u64 {
        self.0.iter().map(|part| part.length).sum()
    }

    /// Returns the map as stored before the content, padded to whole blocks.
    #[must_use]
    pub fn map(&self) -> Vec<u8> {
        let mut text = format!("{}\n", self.0.len());
        for part in &self.0 {
            text.push_str(&format!("{}\n{}\n", part.offset, part.length));
        }
        let mut map = text.into_bytes();
        map.resize(map.len().next_multiple_of(BLOCK), 0);
        map
    }

    /// Reads the map of a file of `size` bytes, block by block.
    pub(super) fn decode(
        size: u64,
        block: impl FnMut(&mut [u8; BLOCK]) -> Result<(), ArchiveError>,
    ) -> Result<Self, ArchiveError> {
        let mut digits = NumberReader { read_block: block, buffer: [0; BLOCK], position: BLOCK };
        let count = usize::try_from(digits.next_number()?).unwrap_or(usize::MAX);
        if count > MAX_SEGMENTS {
            return Err(ArchiveError::Malformed("too many segments in a sparse file"));
        }
        let mut parts = Vec::new();
        for _ in 0..count {
            parts.push(Segment { offset: digits.next_number()?, length: digits.next_number()? });
        }
        Self::new(parts, size)
    }
}

const INVALID_MAP: ArchiveError = ArchiveError::Malformed("invalid sparse map");

/// Reads decimal numbers, one per line, from blocks.
struct NumberReader<F> {
    read_block: F,
    buffer: [u8; BLOCK],
    position: usize,
}

impl<F: FnMut(&mut [u8; BLOCK]) -> Result<(), ArchiveError>> NumberReader<F> {
    fn next_number(&mut self) -> Result<u64, ArchiveError> {
        let mut number = 0_u64;
        for digit in 0..=MAX_DIGITS {
            match self.next_byte()? {
                byte @ b'0'..=b'9' if digit < MAX_DIGITS => {
                    number = number * 10 + u64::from(byte - b'0');
                }
                b'\n' if digit > 0 => return Ok(number),
                _ => break,
            }
        }
        Err(INVALID_MAP)
    }

    fn next_byte(&mut self) -> Result<u8, ArchiveError> {
        if self.position == BLOCK {
            (self.read_block)(&mut self.buffer)?;
            self.position = 0;
        }
        self.position += 1;
        Ok(self.buffer[self.position - 1])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(map: &[u8], size: u64) -> Result<SparseMap, ArchiveError> {
        let mut blocks = map.chunks_exact(BLOCK);
        SparseMap::decode(size, |block| {
            block.copy_from_slice(blocks.next().ok_or(ArchiveError::Truncated)?);
            Ok(())
        })
    }

    #[test]
    fn malformed_maps_are_refused() {
        for text in [
            "",
            "\n",
            "x\n",
            "1\n",
            "1\n5\n",
            "1\n0\n101\n",
            "2\n50\n1\n0\n1\n",
            "2\n0\n5\n4\n1\n",
            "-1\n",
            "9999999\n",
            "1\n0\n18446744073709551615\n",
            "1\n9223372036854775807\n1\n",
        ] {
            let mut map = text.as_bytes().to_vec();
            map.resize(map.len().next_multiple_of(BLOCK), 0);
            assert!(read(&map, 100).is_err(), "{text:?}");
        }
        assert!(read(&[b'1'; BLOCK], 100).is_err());
    }

    proptest! {
        #[test]
        fn written_maps_can_be_parsed(lengths in prop::collection::vec((0_u64..1 << 30, 0_u64..1 << 30), 0..200)) {
            let mut offset = 0;
            let mut parts = Vec::new();
            for (hole, length) in lengths {
                parts.push(Segment { offset: offset + hole, length });
                offset += hole + length;
            }
            let segments = SparseMap::new(parts, offset).expect("they are in order");
            prop_assert_eq!(read(&segments.map(), offset).ok(), Some(segments));
        }
    }
}
