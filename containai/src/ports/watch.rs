//! The output of a container about its ports, within limits.

use std::io::{self, ErrorKind, Write};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The limit for the lines between two readings, in bytes.
pub(super) const MAX_OUTPUT_BYTES: usize = 256 << 10;

/// The line that ends a reading.
pub(super) const END: &str = ".";

/// A writer that splits text into lines. It fails when a reading is too long.
pub(super) struct BoundedLines {
    line: Vec<u8>,
    /// Bytes since the last [`END`].
    length: usize,
    lines: UnboundedSender<String>,
}

impl BoundedLines {
    pub(super) fn new() -> (Self, UnboundedReceiver<String>) {
        let (lines, received) = unbounded_channel();
        (Self { line: Vec::new(), length: 0, lines }, received)
    }
}

impl Write for BoundedLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for &byte in bytes {
            self.length += 1;
            if self.length > MAX_OUTPUT_BYTES {
                return Err(io::Error::new(ErrorKind::InvalidData, "too many ports"));
            }
            if byte != b'\n' {
                self.line.push(byte);
                continue;
            }
            let line = String::from_utf8_lossy(&self.line).into_owned();
            self.line.clear();
            if line == END {
                self.length = 0;
            }
            let sent = self.lines.send(line);
            sent.map_err(|_| io::Error::from(ErrorKind::BrokenPipe))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_limited() {
        let (mut writer, mut lines) = BoundedLines::new();
        writer.write_all(b"a\nb").expect("short");
        writer.write_all(b"c\n.\n").expect("short");
        let mut next = || lines.try_recv().ok();
        assert_eq!(
            (next().as_deref(), next().as_deref(), next().as_deref()),
            (Some("a"), Some("bc"), Some("."))
        );
        let half = vec![b'x'; MAX_OUTPUT_BYTES / 2];
        writer.write_all(&half).expect("short");
        writer.write_all(b"\n.\n").expect("short");
        writer.write_all(&half).expect("a new reading");
        assert!(writer.write_all(&half).and_then(|()| writer.write_all(b"x")).is_err());
    }
}
