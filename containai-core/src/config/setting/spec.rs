//! Specifications of settings.

use std::fmt;

use super::SettingKind;
use crate::config::Trust;
use crate::config::error::ValueError;

/// The specification of a setting: its names, type and trust.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct SettingSpec {
    /// The key in a file, with dots between tables and keys.
    pub key: &'static str,
    /// The scope.
    pub scope: SettingScope,
    /// The environment variable.
    pub env: Option<&'static str>,
    /// The command-line option.
    pub flag: Option<&'static str>,
    /// Whether the workspace's own file may set it.
    pub trust: Trust,
    /// The type of its values.
    pub kind: SettingKind,
    /// The default in text form; empty for none.
    pub default: &'static str,
    /// The purpose: one line, a fragment without a full stop.
    pub summary: &'static str,
    /// Validates a text, or one item of a list.
    pub(in crate::config) check: fn(&str) -> Result<(), ValueError>,
}

/// The scope of a setting, and the table where `cai config set` writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingScope {
    /// The user, for all workspaces.
    User,
    /// The user, or one workspace if named; the key in its table.
    UserOrWorkspace(&'static str),
    /// One workspace, or the user on request; the key in its table.
    Workspace(&'static str),
}

impl SettingSpec {
    /// Whether it is set for a single workspace by default.
    #[must_use]
    pub fn is_per_workspace(&self) -> bool {
        matches!(self.scope, SettingScope::Workspace(_))
    }

    /// Returns the key in the user's workspace tables, with dots as in `key`; `None` for settings
    /// that apply to every workspace.
    #[must_use]
    pub fn section_key(&self) -> Option<&'static str> {
        match self.scope {
            SettingScope::User => None,
            SettingScope::UserOrWorkspace(key) | SettingScope::Workspace(key) => Some(key),
        }
    }
}

impl fmt::Debug for SettingSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingSpec").field("key", &self.key).finish_non_exhaustive()
    }
}
