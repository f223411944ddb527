//! Files and secrets that an import withholds, and their warnings.

use std::collections::BTreeMap;

use containai_core::import::WithheldParts;

/// Withheld files, by their paths in the home directory.
#[derive(Debug, Default)]
pub(crate) struct WithheldFiles {
    files: BTreeMap<String, WithheldReason>,
}

/// The reason why a file is withheld.
#[derive(Debug)]
enum WithheldReason {
    /// The file contains secrets, or settings of the host.
    Parts(WithheldParts),
    /// The file contains the login of this program.
    Login(String),
}

impl WithheldFiles {
    /// Adds what is left out of a file.
    pub(crate) fn add(&mut self, path: &str, withheld: &WithheldParts) {
        let known = self.files.entry(path.to_owned());
        let reason = known.or_insert_with(|| WithheldReason::Parts(WithheldParts::default()));
        let WithheldReason::Parts(known) = reason else { return };
        known.is_whole_file |= withheld.is_whole_file;
        add_missing(&mut known.keys, &withheld.keys);
        add_missing(&mut known.settings, &withheld.settings);
    }

    /// Adds the file with the login of a program.
    pub(crate) fn add_login(&mut self, path: &str, program: &str) {
        self.files.insert(path.to_owned(), WithheldReason::Login(program.to_owned()));
    }

    /// Adds all files of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (path, reason) in &other.files {
            match reason {
                WithheldReason::Parts(withheld) => self.add(path, withheld),
                WithheldReason::Login(program) => self.add_login(path, program),
            }
        }
    }

    /// Returns a warning for each file and kind, and a last line with the options that import
    /// secrets.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.files.iter().flat_map(|(path, reason)| reason.lines(path)).collect();
        if self.files.values().any(WithheldReason::is_secret) {
            let flags = "import a secret with `--allow-secret PATH:KEY` or `import.allow_secrets`, \
                         and an agent's login with `--credentials AGENT`";
            lines.push(flags.to_owned());
        }
        lines
    }
}

impl WithheldReason {
    /// Whether a secret of the user's choice is left out.
    fn is_secret(&self) -> bool {
        matches!(self, Self::Parts(parts) if parts.is_whole_file || !parts.keys.is_empty())
    }

    fn lines(&self, path: &str) -> Vec<String> {
        let parts = match self {
            Self::Login(program) => {
                let login = format!(
                    "`~/{path}` is not imported: use `--credentials {program}` to import this login"
                );
                return vec![login];
            }
            Self::Parts(parts) => parts,
        };
        let mut lines = Vec::new();
        if self.is_secret() {
            lines.push(secret_line(path, parts));
        }
        if !parts.settings.is_empty() && !parts.is_whole_file {
            lines.push(format!(
                "`~/{path}` is imported without settings that only work on this machine: {}",
                quoted(&parts.settings)
            ));
        }
        lines
    }
}

fn secret_line(path: &str, parts: &WithheldParts) -> String {
    let keys = quoted(&parts.keys);
    match (parts.is_whole_file, parts.keys.is_empty()) {
        (true, true) => format!("`~/{path}` is not imported: it is a secret"),
        (true, false) => format!(
            "`~/{path}` is not imported: it contains a secret that cannot be removed, {keys}"
        ),
        (false, _) => format!("`~/{path}` is imported without its secrets: {keys}"),
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn add_missing(known: &mut Vec<String>, names: &[String]) {
    for name in names {
        if !known.contains(name) {
            known.push(name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_named_with_what_is_left_out() {
        let mut files = WithheldFiles::default();
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let settings = WithheldParts { settings: names(&["SHELL"]), ..WithheldParts::default() };
        files.add(".zshrc", &settings);
        insta::assert_snapshot!(files.lines().join("\n"), @"`~/.zshrc` is imported without settings that only work on this machine: `SHELL`");
        files.add(".zshrc", &WithheldParts { keys: names(&["TOKEN"]), ..settings });
        files.add(".x", &WithheldParts { is_whole_file: true, ..WithheldParts::default() });
        files.add_login(".codex/auth.json", "codex");
        insta::assert_snapshot!(files.lines().join("\n"), @r"
        `~/.codex/auth.json` is not imported: use `--credentials codex` to import this login
        `~/.x` is not imported: it is a secret
        `~/.zshrc` is imported without its secrets: `TOKEN`
        `~/.zshrc` is imported without settings that only work on this machine: `SHELL`
        import a secret with `--allow-secret PATH:KEY` or `import.allow_secrets`, and an agent's login with `--credentials AGENT`
        ");
    }
}
