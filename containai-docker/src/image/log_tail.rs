//! The last lines of a long output.

use std::collections::VecDeque;

use containai_core::console_text::without_escapes;

/// Number of lines in an error.
const MAX_LINES: usize = 15;

/// A buffer of the last lines of text that arrives in pieces.
#[derive(Debug, Default)]
pub(crate) struct LogTail {
    lines: VecDeque<String>,
    partial: String,
}

impl LogTail {
    /// Appends text and returns the lines that it completed, without escape sequences, control
    /// characters and empty lines.
    pub(crate) fn push(&mut self, text: &str) -> Vec<String> {
        self.partial.push_str(text);
        let mut complete = Vec::new();
        while let Some(end) = self.partial.find('\n') {
            let line: String = self.partial.drain(..=end).collect();
            complete.extend(self.push_line(&line));
        }
        complete
    }

    /// Returns the kept lines, oldest first.
    pub(crate) fn into_lines(mut self) -> Vec<String> {
        let partial = std::mem::take(&mut self.partial);
        self.push_line(&partial);
        self.lines.into()
    }

    /// Keeps a line and returns its plain text; `None` if it is empty.
    fn push_line(&mut self, line: &str) -> Option<String> {
        let line = without_escapes(line).replace(|c: char| c.is_control(), "");
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            return None;
        }
        if self.lines.len() == MAX_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line.clone());
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_split_into_lines() {
        let mut tail = LogTail::default();
        assert!(tail.push("Step 1").is_empty());
        let text = "/2\n\n\u{1b}[1mred\u{1b}[0m\r\n\u{1b}[2K\n\u{1b}[1mre\u{8}st";
        assert_eq!(tail.push(text), ["Step 1/2", "red"]);
        assert_eq!(tail.into_lines(), ["Step 1/2", "red", "rest"]);
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let mut tail = LogTail::default();
        for n in 0..20 {
            tail.push(&format!("{n}\n"));
        }
        let lines = tail.into_lines();
        assert_eq!((lines.len(), lines[0].as_str()), (MAX_LINES, "5"));
    }
}
