//! What a person wants to have imported.

use super::secret::AllowedSecret;
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
    /// Which secrets in settings come along all the same.
    pub allowed: Vec<AllowedSecret>,
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

/// What is done about secrets in a program's files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Secrecy {
    /// They are left out, see [`screen`](super::screen).
    Screened,
    /// They come along.
    Whole,
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

    /// Whether a program's files come along with their secrets: it is named, or
    /// it is one that logs in and everything was put together for it.
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

    /// The secrets that come along all the same; none where all are left out.
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
