//! What an import leaves at home because it is secret, and how that is told.

use std::collections::BTreeMap;

use containai_core::import::WithheldSecrets;

/// What is not brought along, by the paths below the home directory.
#[derive(Debug, Default)]
pub(crate) struct WithheldFiles {
    files: BTreeMap<String, WithheldReason>,
}

/// Why it is not.
#[derive(Debug)]
enum WithheldReason {
    Secrets(WithheldSecrets),
    /// It is what this program logs in with.
    Login(String),
}

impl WithheldFiles {
    /// Adds the secrets of a file to those known of it.
    pub(crate) fn add(&mut self, path: &str, kept: &WithheldSecrets) {
        let known = self.files.entry(path.to_owned());
        let reason = known.or_insert_with(|| {
            WithheldReason::Secrets(WithheldSecrets { keys: Vec::new(), is_whole_file: false })
        });
        let WithheldReason::Secrets(known) = reason else { return };
        known.is_whole_file |= kept.is_whole_file;
        for key in &kept.keys {
            if !known.keys.contains(key) {
                known.keys.push(key.clone());
            }
        }
    }

    /// Adds a file that a program logs in with.
    pub(crate) fn add_login(&mut self, path: &str, program: &str) {
        self.files.insert(path.to_owned(), WithheldReason::Login(program.to_owned()));
    }

    /// Takes over what another one has.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (path, reason) in &other.files {
            match reason {
                WithheldReason::Secrets(kept) => self.add(path, kept),
                WithheldReason::Login(program) => self.add_login(path, program),
            }
        }
    }

    /// A line for each file, and at last what brings them along.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.files.iter().map(|(path, reason)| reason.line(path)).collect();
        if self.files.values().any(|reason| matches!(reason, WithheldReason::Secrets(_))) {
            let flags = "`--allow-secret PATH:KEY` or `import.allow_secrets` imports a secret, \
                         `--credentials AGENT` those of an agent";
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
                format!("`~/{path}` is not imported: it needs `--credentials {program}`")
            }
            Self::Secrets(WithheldSecrets { keys: of, .. }) if of.is_empty() => {
                format!("`~/{path}` is not imported: it is a secret")
            }
            Self::Secrets(WithheldSecrets { keys: of, is_whole_file: true }) => {
                let keys = keys(of);
                format!(
                    "`~/{path}` is not imported: it has a secret that cannot be taken out, {keys}"
                )
            }
            Self::Secrets(WithheldSecrets { keys: of, .. }) => {
                format!("`~/{path}` is imported without its secrets: {}", keys(of))
            }
        }
    }
}
