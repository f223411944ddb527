//! The last lines of a long output.

use std::collections::VecDeque;

/// Number of lines in an error.
const LINES: usize = 15;

/// A buffer of the last lines of text that arrives in pieces.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    lines: VecDeque<String>,
    partial: String,
}

impl Tail {
    /// Appends text and returns the lines that it completed, without control characters and without
    /// empty lines.
    pub(crate) fn push(&mut self, text: &str) -> Vec<String> {
        self.partial.push_str(text);
        let mut complete = Vec::new();
        while let Some(end) = self.partial.find('\n') {
            let line: String = self.partial.drain(..=end).collect();
            let line = line.trim_end().replace(|c: char| c.is_control(), "");
            if !line.is_empty() {
                self.keep(line.clone());
                complete.push(line);
            }
        }
        complete
    }

    /// Returns the kept lines, oldest first.
    pub(crate) fn into_lines(mut self) -> Vec<String> {
        if !self.partial.trim().is_empty() {
            let line = std::mem::take(&mut self.partial);
            self.keep(line.trim_end().to_owned());
        }
        self.lines.into()
    }

    fn keep(&mut self, line: String) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_lines() {
        let mut tail = Tail::default();
        assert!(tail.push("Step 1").is_empty());
        assert_eq!(tail.push("/2\n\n\u{1b}[1mred\nrest"), ["Step 1/2", "[1mred"]);
        assert_eq!(tail.into_lines(), ["Step 1/2", "[1mred", "rest"]);
    }

    #[test]
    fn only_the_last_lines_stay() {
        let mut tail = Tail::default();
        for n in 0..20 {
            tail.push(&format!("{n}\n"));
        }
        let lines = tail.into_lines();
        assert_eq!((lines.len(), lines[0].as_str()), (LINES, "5"));
    }
}
