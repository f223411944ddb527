//! Logins: the program that logs in, and where it stores its credentials.

use toml_edit::{Document, Item, Table};

/// The login of an agent or a tool, from the section `[login]` of its manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentLogin {
    /// The name, by default that of the agent, such as `claude`.
    pub name: String,
    /// The command that logs in with a browser.
    pub command: Vec<String>,
    /// The command that logs in with a code; empty if the program has none.
    pub device_command: Vec<String>,
    /// The steps of the user in a program that has no command for it; `None` with a command.
    pub instruction: Option<String>,
    /// Environment variables of the command, as `NAME=value`.
    pub variables: Vec<String>,
    /// The files with credentials, relative to the data volume.
    pub files: Vec<String>,
    /// The variable that names the directory of the only file; `None` if the program has none,
    /// and the files are links.
    pub directory_variable: Option<String>,
    /// The command that reads an API key on standard input; empty if the program has none.
    pub key_command: Vec<String>,
    /// The file with an API key, relative to the data volume; `None` if a command stores it.
    pub key_file: Option<String>,
    /// The variable that the file assigns the key to; `None` if the file is only the key.
    pub key_variable: Option<String>,
    /// The option and its value with which the program reads the file; `@` is the path.
    pub key_option: Option<[String; 2]>,
}

impl AgentLogin {
    /// Parses the section of a manifest; `None` without the section or for invalid TOML. `name` is
    /// the default name.
    pub(super) fn parse(text: &str, name: Option<&str>) -> Option<Self> {
        let document = Document::parse(text).ok()?;
        let table = document.get("login")?.as_table()?;
        let text = |key| table.get(key).and_then(Item::as_str).map(str::to_owned);
        let key_option = <[String; 2]>::try_from(texts(table, "key_option")).ok();
        Some(Self {
            name: text("name").or_else(|| name.map(str::to_owned))?,
            command: texts(table, "command"),
            device_command: texts(table, "device_command"),
            instruction: text("instruction"),
            variables: texts(table, "variables"),
            files: texts(table, "files"),
            directory_variable: text("directory_variable"),
            key_command: texts(table, "key_command"),
            key_file: text("key_file"),
            key_variable: text("key_variable"),
            key_option,
        })
    }

    /// Whether the login can be shared by containers.
    #[must_use]
    pub fn is_shareable(&self) -> bool {
        !self.files.is_empty()
    }

    /// Whether the program can use an API key.
    #[must_use]
    pub fn takes_key(&self) -> bool {
        !self.key_command.is_empty() || self.key_file.is_some()
    }
}

/// Returns the list that containers read: one file of a login a line, with its name, its kind, its
/// path on the data volume, and a value that depends on the kind.
///
/// | kind | value |
/// |---|---|
/// | `link` | none: the file is a link to the shared login |
/// | `directory` | the variable that names the directory with the shared login |
/// | `key` | the option of the program and its argument, in which `@` is the file |
#[must_use]
pub fn credentials_list(logins: &[AgentLogin]) -> String {
    let mut text =
        "# Generated from the manifests by `cargo xtask generate`: the files of logins, for \
                    /usr/lib/containai/credentials.\n"
            .to_owned();
    for login in logins {
        for file in &login.files {
            let line = match &login.directory_variable {
                Some(variable) => format!("{} directory {file} {variable}\n", login.name),
                None => format!("{} link {file}\n", login.name),
            };
            text.push_str(&line);
        }
        if let (Some(file), Some([option, value])) = (&login.key_file, &login.key_option) {
            text.push_str(&format!("{} key {file} {option} {value}\n", login.name));
        }
    }
    text
}

fn texts(table: &Table, key: &str) -> Vec<String> {
    let array = table.get(key).and_then(Item::as_array);
    let texts = array.into_iter().flatten().filter_map(|value| value.as_str());
    texts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Manifest, shipped_logins};

    #[test]
    fn login_section_is_parsed() {
        let text = "[login]\ncommand = [\"x\", \"login\"]\nfiles = [\"x/auth.json\"]\n";
        let login = AgentLogin::parse(text, Some("x")).expect("a login");
        assert_eq!((login.name.as_str(), login.command.len()), ("x", 2));
        assert!(login.is_shareable() && !login.takes_key());
        assert_eq!(AgentLogin::parse(text, None), None);
        assert_eq!(AgentLogin::parse("[agent]\nname = \"x\"\n", Some("x")), None);
    }

    #[test]
    fn errors_name_the_key() {
        let check = |lines: &str, expected: &str| {
            let read = Manifest::parse_strict(&format!("[login]\n{lines}\n"));
            let shown = read.map_or_else(|error| error.to_string(), |_| "fine".to_owned());
            assert_eq!(shown, expected);
        };
        check("command = [\"x\"]\nfiles = [\"x/a\"]", "fine");
        check("files = [\"x/a\"]", "line 1: missing key `command`");
        check("command = \"x\"", "line 2: `command` must be an array of strings");
        check("command = [\"x\"]\nport = 1", "line 3: unknown key `port`");
        check(
            "command = [\"x\"]\nfiles = [\"../a\"]",
            "line 3: `files` is `../a`, which has a component that is empty, `.` or `..`",
        );
    }

    #[test]
    fn shipped_logins_as_list() {
        insta::assert_snapshot!(credentials_list(&shipped_logins()));
    }

    #[test]
    fn file_names_of_a_login_differ() {
        for login in shipped_logins() {
            let files = login.files.iter().chain(&login.key_file);
            let mut names: Vec<_> = files.filter_map(|path| path.rsplit('/').next()).collect();
            names.sort_unstable();
            names.dedup();
            let key_is_listed = login.key_file.iter().any(|key| login.files.contains(key));
            let expected =
                login.files.len() + usize::from(login.key_file.is_some() && !key_is_listed);
            assert_eq!(names.len(), expected, "{}", login.name);
        }
    }
}
