//! Included configurations.

use super::syntax::{
    GitConfigSection, is_comment, key_and_value, logical_lines, setting_line, with_newline,
};

/// A part of a configuration, in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum GitConfigPart {
    /// Text of the configuration itself.
    Text(String),
    /// A configuration that takes this place: the path as written, relative to the directory of the
    /// including file.
    Include(String),
    /// The same, where the condition is true.
    ConditionalInclude {
        /// The condition, such as `gitdir:~/work/`.
        condition: String,
        /// The path as written.
        path: String,
    },
}

/// Returns the text that includes a file where a condition is true.
#[must_use]
pub fn conditional_include(condition: &str, path: &str) -> String {
    let condition = condition.replace('\\', "\\\\").replace('"', "\\\"");
    format!("[includeIf \"{condition}\"]\n{}", setting_line("path", path))
}

/// Splits a configuration at `include.path` and `includeIf.CONDITION.path`.
#[must_use]
pub fn git_config_parts(text: &str) -> Vec<GitConfigPart> {
    let mut parts = Vec::new();
    let mut kept = String::new();
    // The condition of the section, if it includes a file.
    let mut include: Option<Option<String>> = None;
    for line in logical_lines(text) {
        let mut setting = line;
        if let Some((section, end)) = GitConfigSection::parse(line) {
            include = match section.name.as_str() {
                "include" if section.subsection.is_empty() => Some(None),
                "includeif" => Some(Some(section.subsection)),
                _ => None,
            };
            setting = &line[end..];
        }
        let Some(condition) = &include else {
            kept.push_str(&with_newline(line));
            continue;
        };
        if is_comment(setting) {
            continue;
        }
        if let (key, Some(path)) = key_and_value(setting)
            && key == "path"
        {
            parts.push(GitConfigPart::Text(std::mem::take(&mut kept)));
            parts.push(match condition.clone() {
                None => GitConfigPart::Include(path),
                Some(condition) => GitConfigPart::ConditionalInclude { condition, path },
            });
        }
    }
    parts.push(GitConfigPart::Text(kept));
    parts.retain(|part| *part != GitConfigPart::Text(String::new()));
    parts
}

#[cfg(test)]
mod tests {
    use super::GitConfigPart::{ConditionalInclude, Include, Text};
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
            ConditionalInclude { condition: "gitdir:~/w".into(), path: "e".into() },
        ];
        assert_eq!(git_config_parts(text), expected);
        assert_eq!(git_config_parts(""), []);
        let written = conditional_include("gitdir:/a \"b\"/", "/c");
        let read = ConditionalInclude { condition: "gitdir:/a \"b\"/".into(), path: "/c".into() };
        assert_eq!(git_config_parts(&written), [read]);
    }
}
