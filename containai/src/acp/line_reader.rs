//! Lines of a stream.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

/// The limit for a message, in bytes. Editors send files and pictures in one message.
pub(super) const MAX_LINE_BYTES: u64 = 64 << 20;

/// Reads lines, each up to [`MAX_LINE_BYTES`].
pub(super) struct LineReader<R> {
    reader: BufReader<R>,
    limit: u64,
}

impl<R: Read> LineReader<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { reader: BufReader::with_capacity(64 << 10, stream), limit: MAX_LINE_BYTES }
    }

    /// Returns the next line without its line feed; `None` at the end. Bytes after the last line feed
    /// are a line.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = (&mut self.reader).take(self.limit + 1).read_until(b'\n', &mut line)?;
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        match read {
            0 => Ok(None),
            _ if line.len() as u64 > self.limit => {
                let text = format!("a message is longer than {} bytes", self.limit);
                Err(io::Error::new(ErrorKind::InvalidData, text))
            }
            _ => Ok(Some(line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Dribble<'a>(&'a [u8]);

    impl Read for Dribble<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let (one, rest) = self.0.split_at(self.0.len().min(1));
            buffer[..one.len()].copy_from_slice(one);
            self.0 = rest;
            Ok(one.len())
        }
    }

    #[test]
    fn lines_are_whole_whatever_the_reads_are() {
        let mut lines = LineReader::new(Dribble("é\n\nlast".as_bytes()));
        for expected in [Some("é"), Some(""), Some("last"), None] {
            let line = lines.next().expect("readable");
            assert_eq!(line.as_deref(), expected.map(str::as_bytes));
        }
    }

    #[test]
    fn long_lines_are_errors() {
        let mut lines = LineReader { limit: 3, ..LineReader::new(&b"abc\nabcd\n"[..]) };
        assert_eq!(lines.next().expect("readable").as_deref(), Some(&b"abc"[..]));
        assert_eq!(lines.next().expect_err("too long").kind(), ErrorKind::InvalidData);
    }
}
