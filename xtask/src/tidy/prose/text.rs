//! The texts that people read, in blocks of one thought.

use crate::tidy::lexer::Fragment;
use crate::tidy::source::Source;

/// A paragraph, a heading, a list item, a table cell or a message, by line.
/// Quotations are emptied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) lines: Vec<(usize, String)>,
}

impl Block {
    /// The block on one line.
    pub(super) fn joined(&self) -> String {
        self.lines.iter().map(|(_, text)| text.trim()).collect::<Vec<_>>().join(" ")
    }

    /// The number of the first line.
    pub(super) fn line(&self) -> usize {
        self.lines.first().map_or(1, |(line, _)| *line)
    }
}

/// The blocks of a file: documents as a whole, of Rust the documentation and
/// the messages.
pub(super) fn blocks(source: &Source) -> Vec<Block> {
    let blocks = match source.product_of() {
        Some(package) => {
            let mut blocks = documentation(&source.lexed.comments, package == "containai-cli");
            blocks.extend(messages(&source.lexed.strings));
            blocks
        }
        None if is_document(&source.path) => document(&source.text),
        None => Vec::new(),
    };
    blocks.into_iter().map(without_quotations).filter(|block| !block.lines.is_empty()).collect()
}

/// The reference is generated from help, which is checked at its source.
fn is_document(path: &str) -> bool {
    let is_generated = path.starts_with("docs/reference/");
    path.ends_with(".md") && !is_generated && !path.starts_with("tests/")
}

/// The first paragraphs of documentation comments, which indexes show; in the
/// command line all of them, as help shows these.
fn documentation(comments: &[Fragment], is_whole: bool) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut block = Block::default();
    let mut last = (0, "");
    let (mut is_summary, mut is_code) = (true, false);
    for comment in comments {
        let marker = match comment.text.get(..3) {
            Some(marker @ ("///" | "//!")) if !comment.text.starts_with("////") => marker,
            _ => continue,
        };
        let text = &comment.text[3..];
        let is_start = comment.line != last.0 + 1 || marker != last.1;
        last = (comment.line, marker);
        is_code = match text.trim_start().starts_with("```") {
            true => !is_code,
            false => is_code && !is_start,
        };
        if is_start || text.trim().is_empty() {
            blocks.push(std::mem::take(&mut block));
            is_summary = is_start;
        }
        let is_prose = !is_code && !text.trim_start().starts_with("```");
        if (is_summary || is_whole) && is_prose && !text.trim().is_empty() {
            block.lines.push((comment.line, text.to_owned()));
        }
    }
    blocks.push(block);
    blocks
}

/// String literals of several words.
fn messages(strings: &[Fragment]) -> Vec<Block> {
    let messages = strings.iter().filter(|it| it.text.trim().contains(' '));
    let lines = |it: &Fragment| {
        let lines = it.text.lines().enumerate();
        lines
            .map(|(index, text)| (it.line + index, text.trim_end_matches('\\').to_owned()))
            .collect()
    };
    messages.map(|it| Block { lines: lines(it) }).collect()
}

fn document(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut block = Block::default();
    let mut is_code = false;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        let content = trimmed.trim_start_matches(['#', '-', '*', '>', '|', ' ']);
        let is_fence = trimmed.starts_with("```");
        let is_item = content.len() < trimmed.len() && !trimmed.starts_with("**");
        if is_fence || content.is_empty() || is_item {
            blocks.push(std::mem::take(&mut block));
        }
        is_code ^= is_fence;
        if is_code || is_fence || content.is_empty() {
            continue;
        }
        match trimmed.starts_with('|') {
            true => blocks.extend(trimmed.split('|').map(|cell| {
                let lines = Vec::from([(index + 1, cell.trim().to_owned())]);
                Block { lines }
            })),
            false => block.lines.push((index + 1, content.to_owned())),
        }
    }
    blocks.push(block);
    blocks
}

/// Empties what stands in backticks; a quotation may go over lines.
fn without_quotations(block: Block) -> Block {
    let mut is_quoted = false;
    let mut empty = |text: &str| {
        let kept = text.chars().filter(|c| {
            is_quoted ^= *c == '`';
            *c == '`' || !is_quoted
        });
        kept.collect::<String>()
    };
    let lines = block.lines.into_iter().map(|(line, text)| (line, empty(&text)));
    Block { lines: lines.filter(|(_, text)| !text.trim().is_empty()).collect() }
}

#[cfg(test)]
mod tests {
    use super::super::super::source::source;
    use super::*;

    fn check(path: &str, text: &str, expected: &[(usize, &str)]) {
        let blocks = blocks(&source(path, text));
        let found: Vec<_> = blocks.iter().map(|it| (it.line(), it.joined())).collect();
        let expected: Vec<_> =
            expected.iter().map(|(line, text)| (*line, (*text).to_owned())).collect();
        assert_eq!(found, expected);
    }

    const RUST: &str = "\
/// A `quoted thing`
/// of two lines.
///
/// More.
fn f() {
    // Not shown.
    bail(\"a message: {x}\", \"word\");
}
";

    #[test]
    fn summaries_and_messages_are_read() {
        let expected = [(1, "A `` of two lines."), (7, "a message: {x}")];
        check("containai-ssh/src/a.rs", RUST, &expected);
        check("containai-ssh/src/tests.rs", RUST, &[]);
        check("xtask/src/a.rs", RUST, &[]);
    }

    #[test]
    fn help_is_read_whole() {
        let expected = [(1, "A `` of two lines."), (4, "More."), (7, "a message: {x}")];
        check("containai-cli/src/a.rs", RUST, &expected);
    }

    #[test]
    fn documents_are_read_without_code() {
        let text = "# Title\n\nA line\nand more.\n- item\n\n```\ncode\n```\n| a | b |\n|---|---|\n";
        let expected = [(1, "Title"), (3, "A line and more."), (5, "item"), (10, "a"), (10, "b")];
        let found = blocks(&source("docs/a.md", text));
        let found: Vec<_> = found.iter().map(|it| (it.line(), it.joined())).collect();
        assert_eq!(&found[..5], expected.map(|(line, text)| (line, text.to_owned())));
        check("docs/reference/cai-run.md", text, &[]);
    }
}
