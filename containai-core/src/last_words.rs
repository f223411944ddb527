//! What a program said last, for an error that is about its end.

/// How much is kept, in bytes.
const KEPT: usize = 4096;

/// The end of what a program writes about itself, however much it writes.
///
/// ```
/// use containai_core::last_words::LastWords;
///
/// let mut words = LastWords::default();
/// words.hear(b"connecting\n\n");
/// words.hear(b"\x1b[31mrefused\n");
/// assert_eq!(words.to_string(), "connecting; [31mrefused");
/// ```
#[derive(Clone, Debug, Default)]
pub struct LastWords(Vec<u8>);

impl LastWords {
    /// Takes what came next; of all that came the last 4096 bytes stay.
    pub fn hear(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        let excess = self.0.len().saturating_sub(KEPT);
        self.0.drain(..excess);
    }
}

/// One line without control characters, for a message; bytes that are not UTF-8
/// are replaced, empty lines left out.
impl std::fmt::Display for LastWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(&self.0);
        let lines = text.lines().map(|line| line.replace(|c: char| c.is_control(), ""));
        let lines: Vec<_> = lines.filter(|line| !line.trim().is_empty()).collect();
        f.write_str(&lines.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept() {
        let mut words = LastWords::default();
        for _ in 0..100 {
            words.hear(&[b'x'; 1000]);
        }
        words.hear(b"\nthe end\n");
        let text = words.to_string();
        assert!(text.len() <= KEPT + 1 && text.ends_with("x; the end"), "{}", text.len());
    }
}
