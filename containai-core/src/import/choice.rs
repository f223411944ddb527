//! What a person wants to have imported.

use crate::catalog::{Exclude, Manifest};

/// Left out however often it is asked for: what an agent writes by itself.
const BUILT_IN: [&str; 5] =
    ["claude/projects", "claude/statsig", "claude/todos", "continue/sessions", "continue/index"];

/// What a person wants to have imported.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Choice {
    /// Names of manifests or agents; empty means all.
    pub only: Vec<String>,
    /// Names of the agents whose credentials come along.
    pub credentials: Credentials,
    /// Whether entries with secrets are gone through.
    pub secrets: Secrets,
    /// Whether entries keep private files, `*.priv.*`, at home.
    pub privates: Privates,
    /// What to leave out.
    pub excluding: Excluding,
}

/// Which credentials come along.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Credentials {
    /// Those of these programs.
    Of(Vec<String>),
    /// All: the directory was put together for it.
    All,
}

impl Default for Credentials {
    fn default() -> Self {
        Self::Of(Vec::new())
    }
}

/// Whether entries with secrets are gone through.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Secrets {
    /// They are.
    #[default]
    Included,
    /// They are left alone.
    LeftOut,
}

/// Whether private files come along.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Privates {
    /// They stay where entries say so.
    #[default]
    LeftOut,
    /// They come along.
    Included,
}

/// What to leave out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Excluding {
    /// What agents write by themselves, and these patterns.
    These(Vec<String>),
    /// Nothing but private files.
    Nothing,
}

impl Default for Excluding {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl Choice {
    /// Whether the choice is about a manifest.
    #[must_use]
    pub fn is_about(&self, manifest: &Manifest) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| manifest.is_called(word))
    }

    /// The words that mean no manifest.
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
