//! Start-up files of shells and files of variables.

use super::key_path::KeyPath;
use super::phrase::Strictness;
use super::secret_filter::SecretFilter;

/// The kind of the lines of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ShellFileKind {
    /// Commands. A removed command may break the block around it.
    Commands,
    /// `NAME=value`.
    Values,
}

/// Prefixes of an assignment.
const ASSIGNMENT_PREFIXES: [&str; 8] = [
    "export ",
    "typeset -x ",
    "declare -x ",
    "typeset ",
    "declare ",
    "set -gx ",
    "set -x ",
    "local ",
];

/// Removes secrets. A command is replaced by the no-op `:`; `None` if that would change
/// the lines around it.
pub(super) fn edit(
    text: &str,
    kind: ShellFileKind,
    filter: &mut SecretFilter<'_>,
) -> Option<String> {
    let mut kept = String::new();
    let mut is_editable = true;
    let mut state = LineState::default();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let trimmed = line.trim();
        let was_inside = state.is_inside();
        state.read(trimmed);
        if trimmed.starts_with('#') && !was_inside || !is_withheld(number + 1, trimmed, filter) {
            kept.push_str(line);
            continue;
        }
        is_editable &= !was_inside && !state.is_inside() && !opens_block(trimmed);
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = if line.ends_with('\n') { "\n" } else { "" };
        if kind == ShellFileKind::Commands {
            kept.push_str(&format!("{indent}:{end}"));
        }
    }
    is_editable.then_some(kept)
}

fn is_withheld(number: usize, line: &str, filter: &mut SecretFilter<'_>) -> bool {
    let before = ASSIGNMENT_PREFIXES.iter().find_map(|before| line.strip_prefix(before));
    let assignment = before.unwrap_or(line).trim_start();
    let name_end = assignment
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(assignment.len());
    let (name, rest) = assignment.split_at(name_end);
    let value = match rest.chars().next() {
        Some('=') => Some(&rest[1..]),
        Some(' ') if line.starts_with("set ") => Some(rest.trim_start()),
        _ => None,
    };
    if let Some(value) = value.filter(|_| !name.is_empty()) {
        let (word, more) = first_word(value);
        if filter.withholds(&KeyPath::of(name), word) {
            return true;
        }
        return !more.trim().is_empty()
            && filter.withholds_text(&KeyPath::of(name), more, Strictness::AnyLiteral);
    }
    let path = match line.strip_prefix("alias ").and_then(|rest| rest.split_once('=')) {
        Some((name, _)) => KeyPath::of(name.trim()),
        None => KeyPath::line(number),
    };
    filter.withholds_text(&path, line, Strictness::AnyLiteral)
}

/// Returns the first word without its quotes, and the rest.
fn first_word(text: &str) -> (&str, &str) {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    match quote.and_then(|quote| text[1..].split_once(quote)) {
        Some(both) => both,
        // A command substitution can contain blanks.
        None if text.starts_with("$(") => {
            text.split_at(text.rfind(')').map_or(text.len(), |at| at + 1))
        }
        None if text.starts_with('`') => {
            text.split_at(text.rfind('`').map_or(text.len(), |at| at + 1))
        }
        None => text.split_at(text.find([' ', '\t', ';']).unwrap_or(text.len())),
    }
}

/// The quote or command that continues after a line of a shell's file.
#[derive(Default)]
pub(in crate::import) struct LineState {
    open: Option<char>,
    is_continued: bool,
}

impl LineState {
    /// Whether the next line continues a quote or a command.
    pub(in crate::import) fn is_inside(&self) -> bool {
        self.open.is_some() || self.is_continued
    }

    /// Reads the next line.
    pub(in crate::import) fn read(&mut self, line: &str) {
        let line = line.trim();
        self.open = open_quote(line, self.open);
        self.is_continued = line.ends_with('\\') && !line.ends_with("\\\\");
    }
}

/// Returns the quote that is open after a line.
fn open_quote(line: &str, mut open: Option<char>) -> Option<char> {
    let mut is_escaped = false;
    for c in line.chars() {
        match (c, open) {
            _ if is_escaped => is_escaped = false,
            ('\\', None | Some('"')) => is_escaped = true,
            ('#', None) if line.starts_with('#') => return None,
            ('"' | '\'', None) => open = Some(c),
            (c, Some(quote)) if c == quote => open = None,
            _ => {}
        }
    }
    open
}

/// Returns whether other lines belong to this one.
fn opens_block(line: &str) -> bool {
    let first = line.split([' ', '\t', ';']).next().unwrap_or_default();
    let last = line.split([' ', '\t', ';']).next_back().unwrap_or_default();
    let words = [
        "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac",
        "{", "}", "function",
    ];
    words.contains(&first)
        || ["then", "do", "{", "(", "|", "||", "&&", "else", "in"].contains(&last)
        || line.contains("<<")
        || line.ends_with(";;")
}
