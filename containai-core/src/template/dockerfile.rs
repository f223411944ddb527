//! A parser for Dockerfiles.

use std::collections::BTreeMap;

use super::instruction::Instruction;

/// The known instructions.
const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// A parsed Dockerfile. Shell commands in `RUN` are not parsed.
///
/// Source: <https://docs.docker.com/reference/dockerfile/>.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dockerfile {
    pub(super) instructions: Vec<Instruction>,
    /// The image of the frontend that the directive `syntax` names.
    pub(super) syntax: Option<String>,
}

/// The text is not a valid Dockerfile.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DockerfileError {
    /// A line begins with an unknown instruction; usually a word is misspelt, or the `\`
    /// of the line before is missing.
    #[error("line {line}: unknown instruction `{}`", .keyword.escape_debug())]
    UnknownInstruction {
        /// The line number, starting at 1.
        line: usize,
        /// The unknown word.
        keyword: String,
    },
    /// An instruction other than `ARG` precedes the first `FROM`.
    #[error("line {line}: `{keyword}` before the first `FROM`")]
    BeforeFrom {
        /// The line number, starting at 1.
        line: usize,
        /// The instruction.
        keyword: String,
    },
    /// A `FROM` is neither `FROM image` nor `FROM image AS name`.
    #[error("line {line}: expected `FROM image` or `FROM image AS name`")]
    MalformedFrom {
        /// The line number, starting at 1.
        line: usize,
    },
    /// The `FROM` is missing.
    #[error("no `FROM` instruction")]
    NoStage,
}

impl Dockerfile {
    /// Parses a Dockerfile.
    ///
    /// # Errors
    ///
    /// [`DockerfileError`] if builders would refuse it.
    pub fn parse(text: &str) -> Result<Self, DockerfileError> {
        let instructions = parse_instructions(text);
        let mut is_begun = false;
        for instruction in &instructions {
            let Instruction { line, keyword, .. } = instruction;
            if !KEYWORDS.contains(&keyword.as_str()) {
                let (line, keyword) = (*line, keyword.clone());
                return Err(DockerfileError::UnknownInstruction { line, keyword });
            }
            is_begun |= keyword == "FROM";
            if !is_begun && keyword != "ARG" {
                return Err(DockerfileError::BeforeFrom { line: *line, keyword: keyword.clone() });
            }
        }
        if !is_begun {
            return Err(DockerfileError::NoStage);
        }
        let syntax = directive(text, "syntax").map(str::to_owned);
        let file = Self { instructions, syntax };
        file.parse_stages(&BTreeMap::new())?;
        Ok(file)
    }

    /// Returns the image of the frontend that reads the file, such as `docker/dockerfile:1`; `None`
    /// for the builder's own.
    pub fn syntax(&self) -> Option<&str> {
        self.syntax.as_deref()
    }

    /// Returns all instructions, in order.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }
}

/// Splits a text into instructions, as Docker's parser does.
fn parse_instructions(text: &str) -> Vec<Instruction> {
    let escape = escape_character(text);
    let mut found = Vec::new();
    let mut open: Option<Instruction> = None;
    let mut documents: Vec<HereDocument> = Vec::new();
    let mut start = 0;
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        // Editors may begin a file with a byte order mark.
        let mark =
            if index == 0 { raw.len() - raw.trim_start_matches('\u{feff}').len() } else { 0 };
        let (begin, end) = (start + mark, start + raw.len());
        start = end;
        let line = raw[mark..].trim_end_matches(['\n', '\r']);
        if let Some(document) = documents.first() {
            if document.ends_at(line) {
                documents.remove(0);
            }
            continue;
        }
        // Comments and empty lines are also skipped within an instruction.
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let (line, goes_on) = match line.trim_end().strip_suffix(escape) {
            Some(line) => (line, true),
            None => (line.trim_end(), false),
        };
        let instruction = match open.take() {
            Some(mut before) => {
                before.arguments.push_str(line);
                before.span.end = end;
                before
            }
            None => start_instruction(line.trim_start(), index + 1, begin..end),
        };
        if goes_on {
            open = Some(instruction);
        } else {
            documents = here_documents(&instruction);
            let has_document = !documents.is_empty();
            found.push(finish_instruction(instruction, has_document));
        }
    }
    found.extend(open.map(|instruction| finish_instruction(instruction, false)));
    found
}

fn start_instruction(line: &str, number: usize, span: std::ops::Range<usize>) -> Instruction {
    let (keyword, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    Instruction {
        line: number,
        keyword: keyword.to_ascii_uppercase(),
        arguments: rest.trim_start().to_owned(),
        span,
        has_here_document: false,
    }
}

fn finish_instruction(mut instruction: Instruction, has_document: bool) -> Instruction {
    instruction.arguments = instruction.arguments.trim().to_owned();
    instruction.has_here_document = has_document;
    instruction
}

/// Returns the escape character. A directive can replace the default `\`.
fn escape_character(text: &str) -> char {
    if directive(text, "escape") == Some("`") { '`' } else { '\\' }
}

/// Returns the value of a directive, a comment such as `# escape=x` at the beginning of the file.
fn directive<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    for line in text.trim_start_matches('\u{feff}').lines() {
        let (name, value) = line.trim().strip_prefix('#')?.split_once('=')?;
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value.trim());
        }
    }
    None
}

/// Returns the text without the directive `syntax`; all lines keep their numbers. Unknown directives
/// are comments, and others may follow them.
pub fn without_syntax(text: &str) -> String {
    let mut is_begun = false;
    let lines = text.split_inclusive('\n').map(|line| {
        let directive = line.trim_start_matches('\u{feff}').trim_start().strip_prefix('#');
        let pair = directive.and_then(|comment| comment.split_once('='));
        is_begun |= pair.is_none();
        match pair {
            Some((name, value)) if !is_begun && name.trim().eq_ignore_ascii_case("syntax") => {
                format!("# omitted={value}")
            }
            _ => line.to_owned(),
        }
    });
    lines.collect()
}

/// An unfinished here-document.
struct HereDocument {
    end: String,
    is_indented: bool,
}

impl HereDocument {
    fn ends_at(&self, line: &str) -> bool {
        let line = if self.is_indented { line.trim_start_matches('\t') } else { line };
        line == self.end
    }
}

fn here_documents(instruction: &Instruction) -> Vec<HereDocument> {
    if !matches!(instruction.keyword.as_str(), "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    let words = instruction.arguments.split_whitespace();
    let document = |word: &str| {
        let word = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
        let (word, is_indented) = word.strip_prefix('-').map_or((word, false), |word| (word, true));
        let end = word.trim_matches(['"', '\'']);
        let is_name_character = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let is_name = !end.is_empty() && end.chars().all(is_name_character);
        is_name.then(|| HereDocument { end: end.to_owned(), is_indented })
    };
    words.filter_map(document).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match Dockerfile::parse(text) {
            Ok(file) => {
                let line =
                    |it: &Instruction| format!("{}: {} {}\n", it.line, it.keyword, it.arguments);
                file.instructions.iter().map(line).collect()
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn continued_lines_are_joined() {
        let text = "# escape=\\\n# syntax=x\nfrom a\n\n# comment\nRUN one && \\\n# between\n\n  two\\  \n  three\n\
                    RUN <<EOF cat <<-'X'\nFROM not\nEOF\n\tX\nUSER me\\\n";
        assert_eq!(
            shown(text),
            "3: FROM a\n6: RUN one &&   two  three\n11: RUN <<EOF cat <<-'X'\n15: USER me\n"
        );
        assert_eq!(shown("FROM x\nARG A"), "1: FROM x\n2: ARG A\n");
        assert_eq!(shown("\u{feff}FROM x\n"), "1: FROM x\n");
        assert_eq!(shown("# escape=`\nFROM x\nRUN a `\n b\\\n"), "2: FROM x\n3: RUN a  b\\\n");
    }

    #[test]
    fn directives_are_read_at_the_beginning() {
        let syntax = |text: &str| Dockerfile::parse(text).expect("one").syntax;
        assert_eq!(
            syntax("# Escape = `\n#syntax= docker/dockerfile:1 \nFROM x").as_deref(),
            Some("docker/dockerfile:1")
        );
        assert_eq!(syntax("# no directive\n# syntax=x\nFROM x"), None);
        assert_eq!(syntax("\n# syntax=x\nFROM x"), None);
        let text = "# check=a\n# syntax=x/y:1\n# escape=`\nFROM a `\n AS b\n# syntax=z\n";
        let without = without_syntax(text);
        assert_eq!(without, text.replacen("syntax=x", "omitted=x", 1));
        assert_eq!(shown(&without), shown(text));
        assert_eq!(syntax(&without), None);
    }

    #[test]
    fn invalid_dockerfiles_are_refused() {
        for (text, expected) in [
            ("", "no `FROM` instruction"),
            ("ARG A\n", "no `FROM` instruction"),
            ("RUN x\nFROM y", "line 1: `RUN` before the first `FROM`"),
            ("FROM x\nRUNN y", "line 2: unknown instruction `RUNN`"),
            ("FROM", "line 1: expected `FROM image` or `FROM image AS name`"),
            ("FROM x y", "line 1: expected `FROM image` or `FROM image AS name`"),
            ("FROM x AS", "line 1: expected `FROM image` or `FROM image AS name`"),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }
}
