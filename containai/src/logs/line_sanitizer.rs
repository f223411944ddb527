//! Lines of containers, safe to print on a terminal.

use containai_core::console_text::without_escapes;

/// The maximum length of a buffered line in bytes; longer lines are split.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// Joins chunks to lines without escape sequences and control characters.
#[derive(Debug, Default)]
pub(super) struct LineSanitizer {
    pending: Vec<u8>,
}

impl LineSanitizer {
    /// Adds a chunk; returns the completed lines with their line breaks.
    pub(super) fn push(&mut self, chunk: &[u8]) -> String {
        self.pending.extend_from_slice(chunk);
        let end = match self.pending.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => last + 1,
            None if self.pending.len() > MAX_LINE_BYTES => self.pending.len(),
            None => 0,
        };
        let complete: Vec<u8> = self.pending.drain(..end).collect();
        sanitize(&complete)
    }

    /// Returns the last line, which has no line break yet.
    pub(super) fn finish(self) -> String {
        match self.pending.is_empty() {
            true => String::new(),
            false => sanitize(&self.pending) + "\n",
        }
    }
}

/// Removes escape sequences, and replaces control characters. Consoles end their lines with `\r\n`.
fn sanitize(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    without_escapes(&text)
        .replace("\r\n", "\n")
        .replace(|c: char| c.is_control() && c != '\n' && c != '\t', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_into_lines() {
        let mut lines = LineSanitizer::default();
        assert_eq!(lines.push("on".as_bytes()), "");
        assert_eq!(lines.push("e\r\ntwo\nthr\u{e9}".as_bytes()), "one\ntwo\n");
        assert_eq!(lines.push(b"\x1b[2J\te"), "");
        assert_eq!(lines.finish(), "thr\u{e9}\te\n");
    }

    #[test]
    fn overlong_lines_are_split() {
        let mut lines = LineSanitizer::default();
        assert_eq!(lines.push(&[b'x'; MAX_LINE_BYTES]), "");
        assert_eq!(lines.push(b"yz").len(), MAX_LINE_BYTES + 2);
        assert_eq!(lines.finish(), "");
    }

    #[test]
    fn characters_may_be_split_between_chunks() {
        let mut lines = LineSanitizer::default();
        assert_eq!(lines.push(&[0xc3]), "");
        assert_eq!(lines.push(&[0xa9, b'\n', 0xff, b'\n']), "\u{e9}\n\u{fffd}\n");
    }
}
