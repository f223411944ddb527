//! Included configurations.

use super::syntax::{GitConfigSection, is_comment, key_and_value, logical_lines, with_newline};

/// A part of a configuration, in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum GitConfigPart {
    /// Text of the configuration itself.
    Text(String),
    /// A configuration that takes this place: the path as written, relative to the directory of the
    /// including file.
    Include(String),
}

/// Splits a configuration at `include.path`. Conditions (`includeIf`) remain in the text.
#[must_use]
pub fn git_config_parts(text: &str) -> Vec<GitConfigPart> {
    let mut parts = Vec::new();
    let mut kept = String::new();
    let mut is_include = false;
    for line in logical_lines(text) {
        let mut setting = line;
        if let Some((section, end)) = GitConfigSection::parse(line) {
            is_include = section.name == "include" && section.subsection.is_empty();
            setting = &line[end..];
        }
        if !is_include {
            kept.push_str(&with_newline(line));
            continue;
        }
        if is_comment(setting) {
            continue;
        }
        if let (key, Some(path)) = key_and_value(setting)
            && key == "path"
        {
            parts.push(GitConfigPart::Text(std::mem::take(&mut kept)));
            parts.push(GitConfigPart::Include(path));
        }
    }
    parts.push(GitConfigPart::Text(kept));
    parts.retain(|part| *part != GitConfigPart::Text(String::new()));
    parts
}

#[cfg(test)]
mod tests {
    use super::GitConfigPart::{Include, Text};
    use super::*;

    #[test]
    fn includes_are_separated() {
        let text = "[user]\n\tname = A\n[include]\n\tpath = ~/a ; c\n\tpath = \"b c\"\n[core]\n\tx = y\n[include] path = d\n[includeIf \"gitdir:~/w\"]\n\tpath = e\n";
        let expected = [
            Text("[user]\n\tname = A\n".into()),
            Include("~/a".into()),
            Include("b c".into()),
            Text("[core]\n\tx = y\n".into()),
            Include("d".into()),
            Text("[includeIf \"gitdir:~/w\"]\n\tpath = e\n".into()),
        ];
        assert_eq!(git_config_parts(text), expected);
        assert_eq!(git_config_parts(""), []);
    }
}
