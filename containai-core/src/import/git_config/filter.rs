//! A filter for git configurations.

use std::collections::BTreeMap;

use super::rule::GitSettingRule;
use super::syntax::{
    GitConfigSection, is_comment, key_and_value, logical_lines, setting_line, with_newline,
};

/// Marks the workspace as safe: inside the container it belongs to another user.
const SAFE_DIRECTORY: &str = "[safe]\n\tdirectory = /home/agent/workspace\n";

/// A configuration for a container.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct FilteredGitConfig {
    /// The configuration.
    pub text: String,
    /// The settings that were removed because they work on the host only, such as
    /// `credential.helper`; without those that contain secrets.
    pub removed: Vec<String>,
}

/// Removes secrets and host-specific settings from a git configuration.
///
/// Removed are:
///
/// - credential helpers and signing
/// - programs that git cannot do without once they are named (`core.sshCommand`, `core.hooksPath`,
///   `core.fsmonitor`, `diff.external`)
/// - includes, but for conditional ones of `files`
/// - certificates, headers and passwords
/// - every address that contains a password or a token
/// - names of files that are not in `files`, which has the paths in the container by those in the
///   configuration
/// - sections without remaining settings
///
/// Pagers, editors and other programs with a substitute get it where they are not installed.
/// Everything else is kept verbatim, in the syntax of git-config(1). The workspace is added as a
/// safe directory.
#[must_use]
pub fn filter_git_config(text: &str, files: &BTreeMap<String, String>) -> FilteredGitConfig {
    let mut filtered = FilteredGitConfig::default();
    let mut section = GitConfigSection::default();
    // A header that is written with the first line to keep.
    let mut header = None;
    for mut line in logical_lines(text) {
        if let Some((found, length)) = GitConfigSection::parse(line) {
            section = found;
            let (head, rest) = line.split_at(length);
            if !is_comment(rest) {
                header = Some(format!("{head}\n"));
                line = rest;
            } else {
                header = Some(with_newline(line));
                continue;
            }
        }
        if let Some(line) = filtered.filter_line(&section, line, files) {
            filtered.text.extend(header.take());
            filtered.text.push_str(&line);
        }
    }
    filtered.text.push_str(SAFE_DIRECTORY);
    filtered
}

/// Returns the files that a configuration names and that git fails without, as written.
#[must_use]
pub fn git_config_files(text: &str) -> Vec<String> {
    let mut section = GitConfigSection::default();
    let mut files = Vec::new();
    for mut line in logical_lines(text) {
        if let Some((found, length)) = GitConfigSection::parse(line) {
            section = found;
            line = &line[length..];
        }
        let (key, value) = key_and_value(line);
        let value = value.unwrap_or_default();
        let rule = GitSettingRule::of(&section.name, &section.subsection, &key, &value);
        if rule == GitSettingRule::File && !value.is_empty() && !files.contains(&value) {
            files.push(value);
        }
    }
    files
}

impl FilteredGitConfig {
    /// Returns the line to write; `None` if it is removed.
    fn filter_line(
        &mut self,
        section: &GitConfigSection,
        line: &str,
        files: &BTreeMap<String, String>,
    ) -> Option<String> {
        if has_secret(&section.subsection) {
            return None;
        }
        if is_comment(line) {
            return (!section.is_include()).then(|| with_newline(line));
        }
        let (key, value) = key_and_value(line);
        let value = value.unwrap_or_default();
        if section.is_include() {
            return match files.get(&value).filter(|_| section.name == "includeif") {
                Some(path) => Some(setting_line(&key, path)),
                None => self.remove(section, &key),
            };
        }
        match GitSettingRule::of(&section.name, &section.subsection, &key, &value) {
            GitSettingRule::Drop => self.remove(section, &key),
            GitSettingRule::DropSilently => None,
            // The line itself: git reads more than this crate does.
            _ if is_secret_key(&key) || has_secret(line) => None,
            GitSettingRule::Keep => Some(with_newline(line)),
            GitSettingRule::Replace(value) => Some(setting_line(&key, &value)),
            GitSettingRule::File => match files.get(&value) {
                Some(path) => Some(setting_line(&key, path)),
                // An empty value undoes an earlier one.
                None if value.is_empty() => Some(with_newline(line)),
                None => self.remove(section, &key),
            },
        }
    }

    fn remove(&mut self, section: &GitConfigSection, key: &str) -> Option<String> {
        let setting = section.setting(key);
        if !self.removed.contains(&setting) {
            self.removed.push(setting);
        }
        None
    }
}

fn is_secret_key(key: &str) -> bool {
    key.contains("token") || key.contains("password") || key.ends_with("pass")
}

/// Returns whether an address in the text contains a password, or a token as the user of
/// an HTTP address.
fn has_secret(text: &str) -> bool {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let end = after.find(['/', ' ', '\t', '"', '?', '#']).unwrap_or(after.len());
        if let Some((user, _)) = after[..end].rsplit_once('@') {
            let is_http = scheme.to_lowercase().starts_with("http");
            if user.contains(':') || is_http {
                return true;
            }
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_and_commands_are_removed() {
        let filter = |text: &str| filter_git_config(text, &BTreeMap::new()).text;
        for gone in [
            "[url \"https://x:ghp_1@github.com/\"]\n\tinsteadOf = https://github.com/\n",
            "[url \"https://ghp_1@github.com/\"]\n\tinsteadOf = gh:\n",
            "[url \"gh:\"]\n\tinsteadOf = https://x:ghp_1@github.com/\n",
            "[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic ghp_1\n",
            "[HTTP]\n\tExtraHeader = x\n",
            "[core]\n\tsshCommand = ssh -i x\n\thooksPath = /x\n\tfsmonitor = /x\n",
            "[core] sshCommand = x\n",
            "[include]\n\tpath = ~/x\n[includeIf \"gitdir:~/\"]\n\tpath = x\n",
            "[credential.https://github.com]\n\thelper = x\n",
            "[commit]\n\tgpgsign\n",
            "[http]\n\tproxy = http://me:secret@proxy:3128\n",
            "[sendemail]\n\tsmtpPass = x\n[hub]\n\toauthtoken = x\n",
        ] {
            assert_eq!(filter(gone), SAFE_DIRECTORY, "{gone}");
        }
        for kept in [
            "[url \"ssh://git@github.com/\"]\n\tinsteadOf = https://github.com/\n",
            "[url \"git@github.com:\"]\n\tinsteadOf = https://github.com/\n",
            "[alias]\n\tx = !git \\\n\tlog\n",
            "[core] editor = vi\n".replace("] ", "]\n ").as_str(),
            "[branch \"a]b\"]\n\tremote = origin\n",
        ] {
            assert_eq!(filter(kept), format!("{kept}{SAFE_DIRECTORY}"), "{kept}");
        }
    }

    #[test]
    fn settings_of_the_host_are_named() {
        let text = "[core]\n\tpager = delta\n\texcludesFile = ~/.ignore\n\tattributesfile = ~/none\n\
                    [diff]\n\texternal = difft\n[credential \"https://x.org\"]\n\thelper = osxkeychain\n\
                    [commit]\n\ttemplate = ~/none\n\tgpgSign = true\n\
                    [includeIf \"gitdir:~/w/\"]\n\tpath = ~/w/config\n";
        assert_eq!(git_config_files(text), ["~/.ignore", "~/none"]);
        let files = BTreeMap::from([("~/.ignore".to_owned(), "/mnt/x".to_owned())]);
        let filtered = filter_git_config(text, &files);
        insta::assert_snapshot!(filtered.text, @r#"
        [core]
        	pager = "f() { if command -v 'delta' >/dev/null; then delta \"$@\"; else less \"$@\"; fi; }; f"
        	excludesfile = "/mnt/x"
        [safe]
        	directory = /home/agent/workspace
        "#);
        assert_eq!(
            filtered.removed,
            [
                "core.attributesfile",
                "diff.external",
                "credential.https://x.org.helper",
                "commit.template",
                "commit.gpgsign",
                "includeif.gitdir:~/w/.path",
            ]
        );
    }

    proptest! {
        #[test]
        fn passwords_are_always_removed(before in "(?s)[\\[\\]\"a=#;\\\\\n ]{0,30}", after in "(?s).{0,20}") {
            let text = format!("{before}\n[url \"https://me:hunter2@host/\"]\n x = y\n{after}");
            let text = text.replace('\\', "");
            let filtered = filter_git_config(&text, &BTreeMap::new());
            prop_assert!(!filtered.text.contains("hunter2"));
            prop_assert!(filtered.removed.iter().all(|it| !it.contains("hunter2")));
        }

        #[test]
        fn filter_is_idempotent(text in "(?s)([a-z]+ = [a-z]+\n|\\[[a-z]+\\]\n|\\[x \"y\"\\]\n){0,12}") {
            let filter = |text: &str| filter_git_config(text, &BTreeMap::new()).text;
            let once = filter(&text);
            prop_assert_eq!(filter(&once), once.clone() + SAFE_DIRECTORY);
        }
    }
}
