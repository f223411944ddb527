//! Editing of INI files: sections, and one key and value on each line.

use super::key_path::KeyPath;
use super::phrase::Strictness;
use super::secret_filter::SecretFilter;

/// Removes the lines with secrets; `None` if a header contains one.
pub(super) fn edit(text: &str, filter: &mut SecretFilter<'_>) -> Option<String> {
    let mut kept = String::new();
    let mut section = KeyPath::default();
    let mut is_editable = true;
    // Whether this line continues the line before, and whether that line was removed.
    let (mut is_continued, mut is_left_out) = (false, false);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let trimmed = line.trim();
        if is_continued {
            let is_secret = !is_left_out
                && filter.withholds_text(
                    &KeyPath::line(number + 1),
                    trimmed,
                    Strictness::AnyLiteral,
                );
            // Part of a value cannot be removed.
            is_editable &= !is_secret;
        } else if trimmed.starts_with('[') && trimmed.contains(']') {
            let (header, rest) = trimmed.split_at(trimmed.rfind(']').map_or(0, |end| end + 1));
            section = KeyPath::of(header.trim_matches(['[', ']']));
            is_left_out = false;
            let is_secret = filter.withholds(&section, "")
                || !rest.is_empty() && is_withheld(&section, rest, filter);
            is_editable &= !is_secret;
        } else {
            is_left_out = !trimmed.is_empty()
                && !trimmed.starts_with(['#', ';'])
                && is_withheld(&section, trimmed, filter);
        }
        let slashes = trimmed.len() - trimmed.trim_end_matches('\\').len();
        is_continued = slashes % 2 == 1;
        if !is_left_out {
            kept.push_str(line);
        }
    }
    is_editable.then_some(kept)
}

fn is_withheld(section: &KeyPath, line: &str, filter: &mut SecretFilter<'_>) -> bool {
    // npm uses addresses as keys: a colon is a separator only where there is no `=`.
    let (key, value) = line.split_once('=').or_else(|| line.split_once(": ")).unwrap_or((line, ""));
    let path = section.name(key.trim());
    let value = value.trim().trim_matches(['"', '\'']);
    filter.withholds(&path, value)
}
