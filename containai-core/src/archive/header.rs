//! The fixed part of a member's header: the ustar Interchange Format (POSIX.1-2017 `pax`) with GNU
//! tar's extensions.

use std::ops::Range;

use super::ArchiveError;

pub(super) const BLOCK: usize = 512;

const NAME: Range<usize> = 0..100;
const MODE: Range<usize> = 100..108;
const UID: Range<usize> = 108..116;
const GID: Range<usize> = 116..124;
const SIZE: Range<usize> = 124..136;
const MTIME: Range<usize> = 136..148;
const CHECKSUM: Range<usize> = 148..156;
const TYPEFLAG: usize = 156;
const LINKNAME: Range<usize> = 157..257;
const MAGIC: Range<usize> = 257..265;
const PREFIX: Range<usize> = 345..500;

/// The fixed part of a header, one block.
#[derive(Clone)]
pub(super) struct Header(pub(super) [u8; BLOCK]);

/// A value does not fit its field and needs an extended header record.
pub(super) struct FieldOverflow;

impl Header {
    pub(super) fn new(kind: u8) -> Self {
        let mut header = Self([0; BLOCK]);
        header.0[TYPEFLAG] = kind;
        header.0[MAGIC].copy_from_slice(b"ustar\x0000");
        header
    }

    /// Whether this is a block of the end-of-archive marker.
    pub(super) fn is_zero(&self) -> bool {
        self.0.iter().all(|&byte| byte == 0)
    }

    pub(super) fn verify(&self) -> Result<(), ArchiveError> {
        match parse_number(&self.0[CHECKSUM]) {
            Some(expected) if expected == self.compute_checksum() => Ok(()),
            _ => Err(ArchiveError::Malformed("incorrect header checksum")),
        }
    }

    pub(super) fn typeflag(&self) -> u8 {
        self.0[TYPEFLAG]
    }

    pub(super) fn name(&self) -> Vec<u8> {
        let name = nul_terminated(&self.0[NAME]);
        match &self.0[MAGIC.start..MAGIC.start + 6] {
            b"ustar\0" if self.0[PREFIX.start] != 0 => {
                [nul_terminated(&self.0[PREFIX]), b"/", name].concat()
            }
            _ => name.to_vec(),
        }
    }

    pub(super) fn linkname(&self) -> Vec<u8> {
        nul_terminated(&self.0[LINKNAME]).to_vec()
    }

    pub(super) fn mode(&self) -> Result<u32, ArchiveError> {
        let mode = parse_number(&self.0[MODE]).and_then(|mode| u32::try_from(mode).ok());
        mode.ok_or(ArchiveError::Malformed("invalid mode"))
    }

    pub(super) fn uid(&self) -> Result<u64, ArchiveError> {
        parse_number(&self.0[UID]).ok_or(ArchiveError::Malformed("invalid owner"))
    }

    pub(super) fn gid(&self) -> Result<u64, ArchiveError> {
        parse_number(&self.0[GID]).ok_or(ArchiveError::Malformed("invalid group"))
    }

    pub(super) fn size(&self) -> Result<u64, ArchiveError> {
        parse_number(&self.0[SIZE]).ok_or(ArchiveError::Malformed("invalid size"))
    }

    /// Seconds since 1970.
    pub(super) fn mtime(&self) -> Result<i64, ArchiveError> {
        let seconds = parse_number(&self.0[MTIME]).and_then(|seconds| i64::try_from(seconds).ok());
        seconds.ok_or(ArchiveError::Malformed("invalid modification time"))
    }

    /// Sets the name, truncated to the length of its field.
    pub(super) fn set_name(&mut self, name: &[u8]) -> Result<(), FieldOverflow> {
        write_text(&mut self.0[NAME], name)
    }

    /// Sets the link name, truncated to the length of its field.
    pub(super) fn set_linkname(&mut self, link: &[u8]) -> Result<(), FieldOverflow> {
        write_text(&mut self.0[LINKNAME], link)
    }

    pub(super) fn set_mode(&mut self, mode: u32) {
        // Twelve bits fit.
        let _ = write_number(&mut self.0[MODE], mode.into());
    }

    pub(super) fn set_uid(&mut self, uid: u64) -> Result<(), FieldOverflow> {
        write_number(&mut self.0[UID], uid)
    }

    pub(super) fn set_gid(&mut self, gid: u64) -> Result<(), FieldOverflow> {
        write_number(&mut self.0[GID], gid)
    }

    pub(super) fn set_size(&mut self, size: u64) -> Result<(), FieldOverflow> {
        write_number(&mut self.0[SIZE], size)
    }

    pub(super) fn set_mtime(&mut self, seconds: u64) -> Result<(), FieldOverflow> {
        write_number(&mut self.0[MTIME], seconds)
    }

    /// Sets the checksum and returns the finished block.
    pub(super) fn finalize(mut self) -> [u8; BLOCK] {
        let sum = format!("{:06o}\0 ", self.compute_checksum());
        self.0[CHECKSUM].copy_from_slice(sum.as_bytes());
        self.0
    }

    /// Returns the sum of all bytes, with the checksum field taken as blanks.
    fn compute_checksum(&self) -> u64 {
        let others = self.0[..CHECKSUM.start].iter().chain(&self.0[CHECKSUM.end..]);
        others.map(|&byte| u64::from(byte)).sum::<u64>() + 8 * u64::from(b' ')
    }
}

/// Returns the bytes before the first NUL byte.
fn nul_terminated(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// Parses an octal number or a GNU base-256 number; `None` for invalid and negative ones. An empty
/// field is 0.
fn parse_number(field: &[u8]) -> Option<u64> {
    if field.first() == Some(&0x80) {
        let mut bytes = field[1..].iter();
        return bytes.try_fold(0_u64, |sum, &byte| sum.checked_mul(256)?.checked_add(byte.into()));
    }
    let field = nul_terminated(field).trim_ascii();
    field.iter().try_fold(0_u64, |sum, byte| match byte {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

fn write_text(field: &mut [u8], text: &[u8]) -> Result<(), FieldOverflow> {
    let length = text.len().min(field.len());
    field[..length].copy_from_slice(&text[..length]);
    if text.len() > field.len() { Err(FieldOverflow) } else { Ok(()) }
}

fn write_number(field: &mut [u8], number: u64) -> Result<(), FieldOverflow> {
    let width = field.len() - 1;
    let digits = format!("{number:0width$o}");
    match digits.len() == width {
        true => {
            field[..width].copy_from_slice(digits.as_bytes());
            Ok(())
        }
        false => {
            field[..width].fill(b'0');
            Err(FieldOverflow)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_octal_and_base_256_numbers() {
        assert_eq!(parse_number(b"0000644\0"), Some(0o644));
        assert_eq!(parse_number(b"   644 \0"), Some(0o644));
        assert_eq!(parse_number(b"\0\0\0"), Some(0));
        assert_eq!(parse_number(b"\x80\0\0\x01\0"), Some(256));
        for bad in
            [&b"-1\0"[..], b"8", b"0x1", b"\xff\xff\xff\xff", &[0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]]
        {
            assert_eq!(parse_number(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn written_fields_can_be_read() -> Result<(), ArchiveError> {
        let mut header = Header::new(b'0');
        assert!(header.set_name(b"a/b").is_ok() && header.set_linkname(&[b'x'; 101]).is_err());
        assert!(header.set_uid(0o7_777_777).is_ok() && header.set_gid(0o10_000_000).is_err());
        header.set_mode(0o7755);
        let header = Header(header.finalize());
        header.verify()?;
        assert_eq!((header.name(), header.linkname()), (b"a/b".to_vec(), vec![b'x'; 100]));
        assert_eq!((header.uid()?, header.gid()?, header.mode()?), (0o7_777_777, 0, 0o7755));
        let mut broken = header;
        broken.0[0] = b'b';
        assert!(broken.verify().is_err());
        Ok(())
    }
}
