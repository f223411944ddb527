//! The rule: none of the wordings in help, messages, summaries and documents.

use super::pattern::{clause, phrases};
use super::text::{Block, blocks};
use crate::tidy::source::Source;

/// Checks the documentation and the messages of product code, and documents.
/// Quotations in backticks, unit tests and other comments are not looked at.
pub(in crate::tidy) fn check(source: &Source) -> Vec<String> {
    blocks(source).iter().flat_map(|block| in_block(source, block)).collect()
}

fn in_block(source: &Source, block: &Block) -> Vec<String> {
    let text = block.joined();
    let opening = clause(&text).map(|word| {
        let what = format!("`{word} …` in the place of a noun: name the thing");
        source.finding(block.line(), &what)
    });
    let found = phrases(&text).map(|(phrase, instead)| {
        let is_here = |(_, text): &&(usize, String)| phrases(text).any(|it| it.0 == phrase);
        let line = block.lines.iter().find(is_here).map_or(block.line(), |(line, _)| *line);
        source.finding(line, &format!("`{phrase}`: {instead}"))
    });
    opening.into_iter().chain(found).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::source::source;
    use super::*;

    #[test]
    fn wordings_are_found_at_their_line() {
        let text = "/// What is here.\nfn f() {\n    g(\"x\", \"there is nobody\");\n}\n";
        let found = check(&source("containai-ssh/src/a.rs", text));
        assert_eq!(
            found,
            [
                "containai-ssh/src/a.rs:1: `What …` in the place of a noun: name the thing",
                "containai-ssh/src/a.rs:3: `nobody`: name the subject, or use the passive voice",
            ]
        );
    }

    #[test]
    fn quotations_are_exempt() {
        assert_eq!(check(&source("docs/a.md", "The user `nobody` exists.\n")).len(), 0);
        assert_eq!(check(&source("docs/a.md", "Some nobody\nexists.\n")).len(), 1);
    }
}
