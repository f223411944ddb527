//! What there is to know about a setting.

use std::fmt;

use super::{Kind, agent, engine, env, image, import, isolation, limits, ssh, template, volume};
use crate::config::Trust;
use crate::config::error::Cause;
use crate::config::nearest::nearest;

/// One setting: under which names it is found, what it takes, who may set it.
#[derive(Clone, Copy)]
pub struct SettingSpec {
    /// Its key in a file, dots between tables and keys.
    pub key: &'static str,
    /// For what it counts.
    pub scope: Scope,
    /// Its environment variable.
    pub env: Option<&'static str>,
    /// Its flag on the command line.
    pub flag: Option<&'static str>,
    /// Whether the workspace's own file may set it.
    pub trust: Trust,
    /// The values it takes.
    pub kind: Kind,
    /// What counts where nobody chose, as people read it; empty where that is
    /// nothing.
    pub default: &'static str,
    /// What it is for: one line, a fragment without a full stop.
    pub summary: &'static str,
    /// Whether a text, or one item of a list, is a value of it.
    pub(in crate::config) check: fn(&str) -> Result<(), Cause>,
}

/// For what a setting counts, and where `cai config set` puts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// For the user, whatever the workspace.
    User,
    /// For the user, unless a workspace is named; its key in the section.
    Either(&'static str),
    /// For one workspace, unless all are meant; its key in the section.
    Workspace(&'static str),
}

impl SettingSpec {
    /// Finds a setting by its key, or by the key it has in sections.
    #[must_use]
    pub fn find(key: &str) -> Option<&'static Self> {
        let whole = SETTINGS.iter().find(|setting| setting.key == key);
        whole.or_else(|| SETTINGS.iter().find(|setting| setting.section_key() == Some(key)))
    }

    /// Whether it is set for one workspace where nobody says for which.
    #[must_use]
    pub fn is_of_one_workspace(&self) -> bool {
        matches!(self.scope, Scope::Workspace(_))
    }

    /// Returns the key that was probably meant.
    #[must_use]
    pub fn nearest(key: &str) -> Option<&'static str> {
        nearest(key, SETTINGS.iter().map(|setting| setting.key))
    }

    /// Its key in the user's section for a workspace, dots as in `key`; `None`
    /// where it cannot differ between workspaces.
    #[must_use]
    pub fn section_key(&self) -> Option<&'static str> {
        match self.scope {
            Scope::User => None,
            Scope::Either(key) | Scope::Workspace(key) => Some(key),
        }
    }
}

impl fmt::Debug for SettingSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingSpec").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Every setting there is, in the order in which people read them.
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
    env::IMPORT,
    env::FROM_HOST,
    env::FILE,
    import::PATHS,
    import::EXCLUDES,
    import::EXCLUDE_PRIVATE,
    import::CREDENTIALS,
    import::ALLOWED,
    import::NOT_EXPORTED,
    ssh::PORT_RANGE_START,
    ssh::PORT_RANGE_END,
    ssh::FORWARD_AGENT,
    ssh::LOCAL_FORWARD,
    ssh::REMOTE_FORWARD,
    ssh::OPTIONS,
    ssh::MUX,
    ssh::MUX_IDLE,
];
