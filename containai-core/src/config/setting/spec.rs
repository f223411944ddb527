//! Specifications of settings.

use std::fmt;

use super::{
    SettingKind, agent, engine, env, image, import, isolation, limits, ssh, template, volume,
};
use crate::config::Trust;
use crate::config::did_you_mean::closest_match;
use crate::config::error::ValueError;

/// The specification of a setting: its names, type and trust.
#[derive(Clone, Copy)]
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
    /// Finds a setting by its key, or by its key in workspace tables.
    #[must_use]
    pub fn find(key: &str) -> Option<&'static Self> {
        let whole = SETTINGS.iter().find(|setting| setting.key == key);
        whole.or_else(|| SETTINGS.iter().find(|setting| setting.section_key() == Some(key)))
    }

    /// Whether it is set for a single workspace by default.
    #[must_use]
    pub fn is_per_workspace(&self) -> bool {
        matches!(self.scope, SettingScope::Workspace(_))
    }

    /// Returns the known key closest to a misspelt one.
    #[must_use]
    pub fn closest_key(key: &str) -> Option<&'static str> {
        closest_match(key, SETTINGS.iter().map(|setting| setting.key))
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

/// All settings, in display order.
pub const SETTINGS: &[SettingSpec] = &[
    agent::AGENT,
    image::IMAGE,
    image::IMAGE_SOURCE,
    template::TEMPLATE,
    template::DEVCONTAINER,
    isolation::ISOLATION,
    engine::DOCKER_HOST,
    volume::DATA_VOLUME,
    limits::MEMORY_LIMIT,
    limits::CPU_LIMIT,
    env::ENV_IMPORT,
    env::ENV_FROM_HOST,
    env::ENV_FILE,
    import::IMPORT_PATHS,
    import::IMPORT_EXCLUDES,
    import::IMPORT_EXCLUDE_PRIVATE,
    import::IMPORT_CREDENTIALS,
    import::IMPORT_ALLOWED_SECRETS,
    import::EXPORT_EXCLUDES,
    ssh::PORT_RANGE_START,
    ssh::PORT_RANGE_END,
    ssh::FORWARD_AGENT,
    ssh::LOCAL_FORWARD,
    ssh::REMOTE_FORWARD,
    ssh::SSH_OPTIONS,
    ssh::MUX,
    ssh::MUX_IDLE,
];
