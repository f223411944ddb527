//! The git configuration of the container's repository.

use std::fmt::Write as _;

/// A setting, as `git config --list --null` prints it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigEntry<'a> {
    section: &'a str,
    subsection: Option<&'a str>,
    name: &'a str,
    value: Option<&'a str>,
}

impl<'a> ConfigEntry<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (key, value) = match text.split_once('\n') {
            Some((key, value)) => (key, Some(value)),
            None => (text, None),
        };
        let (section, rest) = key.split_once('.')?;
        let (subsection, name) = match rest.rsplit_once('.') {
            Some((subsection, name)) => (Some(subsection), name),
            None => (None, rest),
        };
        let is_word = |text: &str| text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
        (is_word(section) && is_word(name)).then_some(Self { section, subsection, name, value })
    }

    /// Returns whether the setting applies inside the container. Programs, files and
    /// credentials of the host do not.
    fn applies_in_container(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        match self.section.to_ascii_lowercase().as_str() {
            "include" | "includeif" | "credential" | "maintenance" => false,
            "http" => !matches!(
                name.as_str(),
                "extraheader"
                    | "cookiefile"
                    | "savecookies"
                    | "sslkey"
                    | "sslcert"
                    | "proxy"
                    | "emptyauth"
            ),
            "core" => !matches!(
                name.as_str(),
                "hookspath"
                    | "worktree"
                    | "fsmonitor"
                    | "sshcommand"
                    | "askpass"
                    | "gitproxy"
                    | "alternaterefscommand"
                    | "splitindex"
                    | "attributesfile"
                    | "excludesfile"
            ),
            // The container's repository always stores references in files.
            "extensions" => {
                !matches!(name.as_str(), "refstorage" | "partialclone" | "relativeworktrees")
            }
            _ => true,
        }
    }
}

/// Returns the configuration file with the settings that apply inside the container.
/// `listed` is the output of `git config --list --null`.
#[must_use]
pub fn container_config(listed: &str) -> String {
    let mut text = String::new();
    let entries = listed.split('\0').filter_map(ConfigEntry::parse);
    for entry in entries.filter(ConfigEntry::applies_in_container) {
        let written = match entry.subsection {
            None => writeln!(text, "[{}]", entry.section),
            Some(subsection) => {
                let subsection = subsection.replace('\\', "\\\\").replace('"', "\\\"");
                writeln!(text, "[{} \"{subsection}\"]", entry.section)
            }
        };
        let written = written.and_then(|()| match entry.value {
            None => writeln!(text, "\t{}", entry.name),
            Some(value) => writeln!(text, "\t{} = \"{}\"", entry.name, escaped(value)),
        });
        debug_assert!(written.is_ok(), "a text takes everything");
    }
    text
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\t', "\\t")
        .replace('\u{8}', "\\b")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_settings_are_left_out() {
        let listed = [
            "core.bare\nfalse",
            "core.hookspath\n/home/me/hooks",
            "core.filemode",
            "include.path\n~/secrets",
            "includeif.gitdir:/x/.path\n/y",
            "credential.helper\nstore",
            "http.https://git.example/.extraheader\nAUTHORIZATION: basic x",
            "extensions.refstorage\nreftable",
            "extensions.objectformat\nsha256",
            "remote.a\"b\\c.url\nhttps://git.example/x \"y\"\\z\nw",
            "branch.feature/a.b.merge\nrefs/heads/a",
            "nonsense",
            "evil\n[x.y\nz",
        ];
        insta::assert_snapshot!(container_config(&listed.join("\0")), @r#"
        [core]
        	bare = "false"
        [core]
        	filemode
        [extensions]
        	objectformat = "sha256"
        [remote "a\"b\\c"]
        	url = "https://git.example/x \"y\"\\z\nw"
        [branch "feature/a.b"]
        	merge = "refs/heads/a"
        "#);
    }
}
