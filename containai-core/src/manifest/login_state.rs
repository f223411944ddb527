//! Signs that an agent is logged in, without its secrets.

use toml_edit::Item;

use super::ManifestErrorKind;
use super::section::{texts, wrong_type};
use crate::layout::CONTAINER_CREDENTIALS_PROGRAM;
use crate::shell_word::shell_quote;

/// The signs that an agent is logged in, from the section `[agent.login_state]` of its manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentLoginState {
    /// Variables that replace a login, such as `ANTHROPIC_API_KEY`.
    pub variables: Vec<String>,
    /// Files and directories below the home directory that are not empty after a login.
    pub files: Vec<String>,
    /// Files below the home directory, and a text that shows another kind of login in them.
    pub settings: Vec<(String, String)>,
}

impl AgentLoginState {
    pub(super) fn from_item(item: Option<&Item>) -> Option<Self> {
        let table = item?.as_table_like()?;
        let pair = |text: String| {
            let (file, text) = text.split_once(':')?;
            Some((file.to_owned(), text.to_owned()))
        };
        Some(Self {
            variables: texts(table, "variables"),
            files: texts(table, "files"),
            settings: texts(table, "settings").into_iter().filter_map(pair).collect(),
        })
    }

    /// Validates the section.
    pub(super) fn check(item: &Item) -> Result<(), ManifestErrorKind> {
        let Some(table) = item.as_table_like() else {
            return Err(wrong_type("login_state", "a table"));
        };
        for (key, item) in table.iter() {
            match (key, item.as_array().map(|array| array.iter().all(|it| it.is_str()))) {
                ("variables" | "files" | "settings", Some(true)) => {}
                ("variables" | "files" | "settings", _) => {
                    return Err(wrong_type(key, "an array of strings"));
                }
                _ => return Err(ManifestErrorKind::UnknownKey(key.to_owned())),
            }
        }
        let is_name = |name: &String| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(is_plain)
        };
        match texts(table, "variables").iter().all(is_name) {
            true => Ok(()),
            false => Err(wrong_type("variables", "an array of names of variables")),
        }
    }

    /// Returns a command of a POSIX shell that succeeds if one of them is there, or the login `name`
    /// that containers share. It prints nothing.
    #[must_use]
    pub fn shell_test(&self, name: &str) -> String {
        let variables = self.variables.iter().map(|name| format!("[ -n \"${{{name}-}}\" ]"));
        let files = self.files.iter().map(|path| {
            let path = format!("\"$HOME\"/{}", shell_quote(path));
            format!(
                "{{ [ -d {path} ] && [ -n \"$(ls -A {path} 2>/dev/null)\" ]; }} || \
                 {{ [ -f {path} ] && [ -s {path} ] && [ \"$(head -c 3 {path} 2>/dev/null)\" != '{{}}' ]; }}"
            )
        });
        let settings = self.settings.iter().map(|(path, text)| {
            format!("grep -qsF -e {} \"$HOME\"/{}", shell_quote(text), shell_quote(path))
        });
        let shared = format!(
            "[ \"$({CONTAINER_CREDENTIALS_PROGRAM} state {} 2>/dev/null)\" = shared ]",
            shell_quote(name)
        );
        let tests: Vec<_> = variables.chain(files).chain(settings).chain([shared]).collect();
        format!("{{ {}; }}", tests.join(" || "))
    }
}

#[cfg(test)]
mod tests {
    use crate::manifest::Manifest;

    #[test]
    fn a_login_is_a_variable_a_file_or_a_setting() {
        let text = "[agent]\nname = \"a\"\n[agent.login_state]\nvariables = [\"KEY\"]\n\
                    files = [\".a b\"]\nsettings = [\".c:helper\"]\n";
        let state = Manifest::parse(text).agent.and_then(|it| it.login_state).expect("a section");
        assert_eq!(
            state.shell_test("a"),
            "{ [ -n \"${KEY-}\" ] || { [ -d \"$HOME\"/'.a b' ] && [ -n \"$(ls -A \"$HOME\"/'.a b' 2>/dev/null)\" ]; } || \
             { [ -f \"$HOME\"/'.a b' ] && [ -s \"$HOME\"/'.a b' ] && [ \"$(head -c 3 \"$HOME\"/'.a b' 2>/dev/null)\" != '{}' ]; } || \
             grep -qsF -e 'helper' \"$HOME\"/'.c' || [ \"$(/usr/lib/containai/credentials state 'a' 2>/dev/null)\" = shared ]; }"
        );
    }
}
