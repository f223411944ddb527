//! Writing sparse files.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write};

/// The zeros compared in one go; shorter writes are written as they are.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
const MIN_HOLE: usize = 4 << 10;

/// Writes to the end of a file, with holes in place of zeros.
#[derive(Debug)]
pub(super) struct SparseWriter {
    file: File,
    written: u64,
    /// Whether the file is shorter than the written content.
    ends_in_hole: bool,
}

impl SparseWriter {
    /// Continues at the end of the file, at offset `at`.
    pub(super) fn new(mut file: File, at: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(at))?;
        Ok(Self { file, written: at, ends_in_hole: false })
    }

    /// Extends the file over a hole at its end.
    pub(super) fn set_final_length(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.ends_in_hole) {
            true => self.file.set_len(self.written),
            false => Ok(()),
        }
    }
}

impl Write for SparseWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().min(ZEROS.len());
        self.ends_in_hole = length >= MIN_HOLE && bytes[..length] == ZEROS[..length];
        let taken = match self.ends_in_hole {
            true => {
                self.file.seek(SeekFrom::Start(self.written + length as u64))?;
                length
            }
            false => self.file.write(&bytes[..length])?,
        };
        self.written += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn zeros_become_holes() -> io::Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        let mut writer = SparseWriter::new(file.reopen()?, 0)?;
        let mut content = vec![0_u8; 8 << 20];
        content[5 << 20] = 1;
        writer.write_all(b"begin")?;
        writer.write_all(&content)?;
        writer.set_final_length()?;
        assert!(file.as_file().metadata()?.blocks() * 512 < 1 << 20);
        assert!(std::fs::read(file.path())? == [b"begin".to_vec(), content].concat());
        Ok(())
    }
}
