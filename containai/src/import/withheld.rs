//! Files and secrets that an import withholds, and their warnings.

use std::collections::BTreeMap;

use containai_core::import::WithheldSecrets;

/// Withheld files, by their paths in the home directory.
#[derive(Debug, Default)]
pub(crate) struct WithheldFiles {
    files: BTreeMap<String, WithheldReason>,
}

/// The reason why a file is withheld.
#[derive(Debug)]
enum WithheldReason {
    /// The file contains secrets.
    Secrets(WithheldSecrets),
    /// The file contains the login of this program.
    Login(String),
}

impl WithheldFiles {
    /// Adds secrets of a file.
    pub(crate) fn add(&mut self, path: &str, withheld: &WithheldSecrets) {
        let known = self.files.entry(path.to_owned());
        let reason = known.or_insert_with(|| {
            WithheldReason::Secrets(WithheldSecrets { keys: Vec::new(), is_whole_file: false })
        });
        let WithheldReason::Secrets(known) = reason else { return };
        known.is_whole_file |= withheld.is_whole_file;
        for key in &withheld.keys {
            if !known.keys.contains(key) {
                known.keys.push(key.clone());
            }
        }
    }

    /// Adds the file with the login of a program.
    pub(crate) fn add_login(&mut self, path: &str, program: &str) {
        self.files.insert(path.to_owned(), WithheldReason::Login(program.to_owned()));
    }

    /// Adds all files of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (path, reason) in &other.files {
            match reason {
                WithheldReason::Secrets(withheld) => self.add(path, withheld),
                WithheldReason::Login(program) => self.add_login(path, program),
            }
        }
    }

    /// Returns a warning for each file, and a last line with the options that import secrets.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.files.iter().map(|(path, reason)| reason.line(path)).collect();
        if self.files.values().any(|reason| matches!(reason, WithheldReason::Secrets(_))) {
            let flags = "import a secret with `--allow-secret PATH:KEY` or `import.allow_secrets`, \
                         and an agent's login with `--credentials AGENT`";
            lines.push(flags.to_owned());
        }
        lines
    }
}

impl WithheldReason {
    fn line(&self, path: &str) -> String {
        let keys = |keys: &[String]| {
            keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Login(program) => {
                format!(
                    "`~/{path}` is not imported: use `--credentials {program}` to import this login"
                )
            }
            Self::Secrets(WithheldSecrets { keys: names, .. }) if names.is_empty() => {
                format!("`~/{path}` is not imported: it is a secret")
            }
            Self::Secrets(WithheldSecrets { keys: names, is_whole_file: true }) => {
                let keys = keys(names);
                format!(
                    "`~/{path}` is not imported: it contains a secret that cannot be removed, {keys}"
                )
            }
            Self::Secrets(WithheldSecrets { keys: names, .. }) => {
                format!("`~/{path}` is imported without its secrets: {}", keys(names))
            }
        }
    }
}
