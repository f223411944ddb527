//! Markdown documents, as far as headings, code blocks and comments go.

/// A part of a document, with the number of its first line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Part {
    /// From 1.
    pub line: usize,
    /// Its kind and text.
    pub content: Content,
}

/// The kinds of parts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Content {
    /// A heading, without its `#`.
    Heading(String),
    /// A fenced code block.
    Code {
        /// The word after the fence; empty without one.
        language: String,
        /// The lines between the fences.
        text: String,
    },
    /// An HTML comment of one line, without its marks.
    Comment(String),
    /// Any other line.
    Line(String),
}

/// Takes a document apart.
pub fn parts(document: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = document.lines().enumerate().map(|(index, text)| (index + 1, text));
    while let Some((line, text)) = lines.next() {
        let trimmed = text.trim();
        let content = if let Some(language) = trimmed.strip_prefix("```") {
            let inside = lines.by_ref().map(|it| it.1).take_while(|it| it.trim() != "```");
            let text: String = inside.flat_map(|it| [it, "\n"]).collect();
            Content::Code { language: language.to_owned(), text }
        } else if let Some(comment) = comment(trimmed) {
            Content::Comment(comment.to_owned())
        } else if let Some(heading) = heading(trimmed) {
            Content::Heading(heading.to_owned())
        } else {
            Content::Line(text.to_owned())
        };
        parts.push(Part { line, content });
    }
    parts
}

fn comment(line: &str) -> Option<&str> {
    Some(line.strip_prefix("<!--")?.strip_suffix("-->")?.trim())
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    (1..=6).contains(&level).then(|| text.strip_prefix(' ')).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_their_lines() {
        let document = "# Title\n<!-- not run: reason -->\n```sh\na\n# b\n```\ntext\n";
        let expected = [
            (1, Content::Heading("Title".into())),
            (2, Content::Comment("not run: reason".into())),
            (3, Content::Code { language: "sh".into(), text: "a\n# b\n".into() }),
            (7, Content::Line("text".into())),
        ];
        let found: Vec<_> = parts(document).into_iter().map(|it| (it.line, it.content)).collect();
        assert_eq!(found, expected);
    }
}
