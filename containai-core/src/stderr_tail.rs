//! The last output of a program, for errors about its exit.

use crate::console_text::without_escapes;

/// The maximum number of bytes kept.
const MAX_BYTES: usize = 4096;

/// The last bytes that a program wrote to standard error.
///
/// ```
/// use containai_core::stderr_tail::StderrTail;
///
/// let mut tail = StderrTail::default();
/// tail.push(b"connecting\n\n");
/// tail.push(b"\x1b[31mrefused\n");
/// assert_eq!(tail.to_string(), "connecting; refused");
/// ```
#[derive(Clone, Debug, Default)]
pub struct StderrTail(Vec<u8>);

impl StderrTail {
    /// Appends output and keeps the last 4096 bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        let excess = self.0.len().saturating_sub(MAX_BYTES);
        self.0.drain(..excess);
    }
}

/// Writes one line for a message: escape sequences and control characters removed, invalid UTF-8 replaced, empty lines
/// omitted.
impl std::fmt::Display for StderrTail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(&self.0);
        let text = without_escapes(&text);
        let lines = text.lines().map(|line| line.replace(|c: char| c.is_control(), ""));
        let lines: Vec<_> = lines.filter(|line| !line.trim().is_empty()).collect();
        f.write_str(&lines.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_bytes_are_kept() {
        let mut tail = StderrTail::default();
        for _ in 0..100 {
            tail.push(&[b'x'; 1000]);
        }
        tail.push(b"\nthe end\n");
        let text = tail.to_string();
        assert!(text.len() <= MAX_BYTES + 1 && text.ends_with("x; the end"), "{}", text.len());
    }
}
