//! The options of an import.

use super::secret::AllowedSecret;
use crate::catalog::{Exclude, Manifest};

/// Paths written by the agents themselves; always excluded.
const BUILT_IN: [&str; 5] =
    ["claude/projects", "claude/statsig", "claude/todos", "continue/sessions", "continue/index"];

/// The options of an import.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Choice {
    /// Names of manifests or agents; empty selects all.
    pub only: Vec<String>,
    /// The agents whose credentials are imported.
    pub credentials: Credentials,
    /// Whether entries with secrets are imported.
    pub secrets: Secrets,
    /// Secrets in settings that are imported nevertheless.
    pub allowed: Vec<AllowedSecret>,
    /// Whether private files, `*.priv.*`, are imported.
    pub privates: Privates,
    /// Paths to exclude.
    pub excluding: Excluding,
}

/// The credentials to import.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Credentials {
    /// Those of these programs.
    Of(Vec<String>),
    /// All of them: the source directory was prepared for the import.
    All,
}

impl Default for Credentials {
    fn default() -> Self {
        Self::Of(Vec::new())
    }
}

/// The handling of secrets in the files of a program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Secrecy {
    /// Remove them, see [`screen`](super::screen).
    Screened,
    /// Import them.
    Whole,
}

/// Whether entries with secrets are imported.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Secrets {
    /// Import them.
    #[default]
    Included,
    /// Skip them.
    LeftOut,
}

/// Whether private files are imported.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Privates {
    /// Skip them where the entry has the flag `p`.
    #[default]
    LeftOut,
    /// Import them.
    Included,
}

/// Paths to exclude.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Excluding {
    /// The paths that agents write themselves, and these patterns.
    These(Vec<String>),
    /// No exclusions, except for private files.
    Nothing,
}

impl Default for Excluding {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl Choice {
    /// Returns whether the manifest is selected.
    #[must_use]
    pub fn is_about(&self, manifest: &Manifest) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| manifest.is_called(word))
    }

    /// Returns the names that match no manifest.
    pub fn unknown<'a>(&'a self, manifests: &[Manifest]) -> Vec<&'a str> {
        let credentials = match &self.credentials {
            Credentials::Of(words) => words.as_slice(),
            Credentials::All => &[],
        };
        let words = self.only.iter().chain(credentials).map(String::as_str);
        words.filter(|word| !manifests.iter().any(|manifest| manifest.is_called(word))).collect()
    }

    pub(super) fn withholds(&self, manifest: &Manifest) -> bool {
        match &self.credentials {
            Credentials::All => false,
            Credentials::Of(words) => !words.iter().any(|word| manifest.is_called(word)),
        }
    }

    /// Returns whether secrets in the files of a program are kept. They are kept for a
    /// program selected by name and, when all credentials are selected, for every program
    /// with a login.
    pub(super) fn secrecy(&self, manifest: &Manifest) -> Secrecy {
        let logs_in =
            || manifest.agent.is_some() || manifest.entries.iter().any(|it| it.credential);
        let is_named = match &self.credentials {
            Credentials::All => logs_in(),
            Credentials::Of(_) => !self.withholds(manifest),
        };
        match is_named && self.secrets == Secrets::Included {
            true => Secrecy::Whole,
            false => Secrecy::Screened,
        }
    }

    /// Returns the secrets that are imported nevertheless; empty when all entries with
    /// secrets are skipped.
    #[must_use]
    pub fn allowed(&self) -> &[AllowedSecret] {
        match self.secrets {
            Secrets::Included => &self.allowed,
            Secrets::LeftOut => &[],
        }
    }

    pub(super) fn excludes(&self) -> Vec<Exclude> {
        match &self.excluding {
            Excluding::Nothing => Vec::new(),
            Excluding::These(patterns) => BUILT_IN
                .iter()
                .map(|pattern| Exclude::built_in(pattern))
                .chain(patterns.iter().map(|pattern| Exclude::new(pattern)))
                .collect(),
        }
    }
}
