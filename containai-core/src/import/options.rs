//! The options of an import.

use super::secret::AllowedSecret;
use crate::manifest::{Exclude, Manifest};

/// Paths written by the agents themselves; always excluded.
const BUILT_IN_EXCLUDES: [&str; 5] =
    ["claude/projects", "claude/statsig", "claude/todos", "continue/sessions", "continue/index"];

/// The options of an import.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ImportOptions {
    /// Names of manifests or agents; empty selects all.
    pub only: Vec<String>,
    /// The agents whose credentials are imported.
    pub credentials: CredentialSelection,
    /// Whether entries with secrets are imported.
    pub secrets: SecretEntries,
    /// Secrets in settings that are imported nevertheless.
    pub allowed_secrets: Vec<AllowedSecret>,
    /// Whether private files, `*.priv.*`, are imported.
    pub private_files: PrivateFiles,
    /// Paths to exclude.
    pub exclusions: Exclusions,
}

/// The credentials to import.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CredentialSelection {
    /// Those of these programs.
    Programs(Vec<String>),
    /// All of them: the source directory was prepared for the import.
    All,
}

impl Default for CredentialSelection {
    fn default() -> Self {
        Self::Programs(Vec::new())
    }
}

/// The handling of secrets in the files of a program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecretHandling {
    /// Remove them, see [`screen`](super::screen).
    Screen,
    /// Import them.
    Keep,
}

/// Whether entries with secrets are imported.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SecretEntries {
    /// Import them.
    #[default]
    Included,
    /// Skip them.
    Excluded,
}

/// Whether private files are imported.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PrivateFiles {
    /// Skip them where the entry has the flag `p`.
    #[default]
    Excluded,
    /// Import them.
    Included,
}

/// Paths to exclude.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Exclusions {
    /// The paths that agents write themselves, and these patterns.
    Patterns(Vec<String>),
    /// No exclusions, except for private files.
    Disabled,
}

impl Default for Exclusions {
    fn default() -> Self {
        Self::Patterns(Vec::new())
    }
}

impl ImportOptions {
    /// Returns whether the manifest is selected.
    #[must_use]
    pub fn selects(&self, manifest: &Manifest) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| manifest.has_name(word))
    }

    /// Returns the names that match no manifest.
    pub fn unknown_names<'a>(&'a self, manifests: &[Manifest]) -> Vec<&'a str> {
        let credentials = match &self.credentials {
            CredentialSelection::Programs(words) => words.as_slice(),
            CredentialSelection::All => &[],
        };
        let words = self.only.iter().chain(credentials).map(String::as_str);
        words.filter(|word| !manifests.iter().any(|manifest| manifest.has_name(word))).collect()
    }

    pub(super) fn withholds_credentials(&self, manifest: &Manifest) -> bool {
        match &self.credentials {
            CredentialSelection::All => false,
            CredentialSelection::Programs(words) => {
                !words.iter().any(|word| manifest.has_name(word))
            }
        }
    }

    /// Returns whether secrets in the files of a program are kept. They are kept for a
    /// program selected by name and, when all credentials are selected, for every program
    /// with a login.
    pub(super) fn secret_handling(&self, manifest: &Manifest) -> SecretHandling {
        let logs_in =
            || manifest.agent.is_some() || manifest.entries.iter().any(|it| it.credential);
        let is_named = match &self.credentials {
            CredentialSelection::All => logs_in(),
            CredentialSelection::Programs(_) => !self.withholds_credentials(manifest),
        };
        match is_named && self.secrets == SecretEntries::Included {
            true => SecretHandling::Keep,
            false => SecretHandling::Screen,
        }
    }

    /// Returns the secrets that are imported nevertheless; empty when all entries with
    /// secrets are skipped.
    #[must_use]
    pub fn effective_allowed_secrets(&self) -> &[AllowedSecret] {
        match self.secrets {
            SecretEntries::Included => &self.allowed_secrets,
            SecretEntries::Excluded => &[],
        }
    }

    pub(super) fn excludes(&self) -> Vec<Exclude> {
        match &self.exclusions {
            Exclusions::Disabled => Vec::new(),
            Exclusions::Patterns(patterns) => BUILT_IN_EXCLUDES
                .iter()
                .map(|pattern| Exclude::built_in(pattern))
                .chain(patterns.iter().map(|pattern| Exclude::new(pattern)))
                .collect(),
        }
    }
}
