//! Files with holes, as GNU tar writes them in POSIX archives ("PAX Format,
//! Version 1.0" of its manual).

use super::ArchiveError;

/// More parts than a file has that is not made up, and what their map takes in
/// memory is still little.
const MOST: usize = 1 << 20;
/// What a map is made of.
const BLOCK: usize = 512;
/// The longest number of a map, in digits.
const DIGITS: usize = 19;

/// The parts of a file that are no holes, in order; none overlaps another, and
/// none goes past the end.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Segments(Vec<Segment>);

/// One part of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Segment {
    /// Where it begins, in bytes.
    pub offset: u64,
    /// How long it is, in bytes.
    pub length: u64,
}

impl Segments {
    /// Takes parts of a file of so many bytes.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Malformed`] when they overlap, are out of order or go
    /// past the end.
    pub fn new(parts: Vec<Segment>, size: u64) -> Result<Self, ArchiveError> {
        let mut end = 0_u64;
        for part in &parts {
            if part.offset < end {
                return Err(BROKEN);
            }
            end = part.offset.checked_add(part.length).ok_or(BROKEN)?;
        }
        match end <= size {
            true => Ok(Self(parts)),
            false => Err(BROKEN),
        }
    }

    /// How many bytes the parts have together.
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.0.iter().map(|part| part.length).sum()
    }

    /// The map as it stands before the content, whole blocks.
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

    /// Reads a map, block after block, for a file of so many bytes.
    pub(super) fn read(
        size: u64,
        block: impl FnMut(&mut [u8; BLOCK]) -> Result<(), ArchiveError>,
    ) -> Result<Self, ArchiveError> {
        let mut digits = Digits { block, buffer: [0; BLOCK], at: BLOCK };
        let count = usize::try_from(digits.number()?).unwrap_or(usize::MAX);
        if count > MOST {
            return Err(ArchiveError::Malformed("a file has too many holes"));
        }
        let mut parts = Vec::new();
        for _ in 0..count {
            parts.push(Segment { offset: digits.number()?, length: digits.number()? });
        }
        Self::new(parts, size)
    }
}

const BROKEN: ArchiveError = ArchiveError::Malformed("a file's map of holes makes no sense");

/// Decimal numbers, each on a line, in blocks.
struct Digits<F> {
    block: F,
    buffer: [u8; BLOCK],
    at: usize,
}

impl<F: FnMut(&mut [u8; BLOCK]) -> Result<(), ArchiveError>> Digits<F> {
    fn number(&mut self) -> Result<u64, ArchiveError> {
        let mut number = 0_u64;
        for digit in 0..=DIGITS {
            match self.byte()? {
                byte @ b'0'..=b'9' if digit < DIGITS => {
                    number = number * 10 + u64::from(byte - b'0');
                }
                b'\n' if digit > 0 => return Ok(number),
                _ => break,
            }
        }
        Err(BROKEN)
    }

    fn byte(&mut self) -> Result<u8, ArchiveError> {
        if self.at == BLOCK {
            (self.block)(&mut self.buffer)?;
            self.at = 0;
        }
        self.at += 1;
        Ok(self.buffer[self.at - 1])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(map: &[u8], size: u64) -> Result<Segments, ArchiveError> {
        let mut blocks = map.chunks_exact(BLOCK);
        Segments::read(size, |block| {
            block.copy_from_slice(blocks.next().ok_or(ArchiveError::Truncated)?);
            Ok(())
        })
    }

    #[test]
    fn nonsense_is_refused() {
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
        fn maps_are_read_back(lengths in prop::collection::vec((0_u64..1 << 30, 0_u64..1 << 30), 0..200)) {
            let mut offset = 0;
            let mut parts = Vec::new();
            for (hole, length) in lengths {
                parts.push(Segment { offset: offset + hole, length });
                offset += hole + length;
            }
            let segments = Segments::new(parts, offset).expect("they are in order");
            prop_assert_eq!(read(&segments.map(), offset).ok(), Some(segments));
        }
    }
}
