//! The options of a session.

use std::time::{SystemTime, UNIX_EPOCH};

use containai_core::config::{Config, Origin};
use containai_core::engine::{Container, Lifetime, Protection};
use containai_core::lifecycle::{Desired, Strength};
use containai_core::naming::{ContainerName, GitHead, VolumeName, WorkspacePath};

use crate::git;
use crate::workspace::ProtectedPathUse;

/// Whether an existing container is recreated.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Recreate {
    /// It is kept.
    #[default]
    None,
    /// It is recreated with its volumes (`--fresh`).
    Fresh,
    /// It is recreated with a new data volume (`--reset`).
    Reset,
}

/// The options of one session, in addition to the configuration.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// The name of the container; `None` derives it from the workspace.
    pub name: Option<ContainerName>,
    /// Whether an existing container is recreated. Default: [`Recreate::None`].
    pub recreate: Recreate,
    /// The lifetime of a new container. Default: [`Lifetime::Persistent`].
    pub lifetime: Lifetime,
    /// Whether a new container is protected from garbage collection. Default: no.
    pub protection: Protection,
    /// Whether a workspace with protected paths is accepted. Default:
    /// [`ProtectedPathUse::Allow`].
    pub protected_paths: ProtectedPathUse,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            name: None,
            recreate: Recreate::None,
            lifetime: Lifetime::Persistent,
            protection: Protection::None,
            protected_paths: ProtectedPathUse::Allow,
        }
    }
}

impl SessionOptions {
    /// Adds the options to the desired container. `replaced` is the container to replace.
    pub(crate) fn apply(
        &self,
        mut desired: Desired,
        config: &Config,
        replaced: Option<&Container>,
    ) -> Desired {
        if let Some(name) = &self.name {
            desired.name = name.clone();
        }
        let strength =
            |is_required| if is_required { Strength::Required } else { Strength::Preferred };
        let is_flag = matches!(config.data_volume.origin, Origin::Flag(_));
        if self.recreate == Recreate::Reset {
            desired.data_volume = Some(new_data_volume(&desired.workspace));
        }
        desired.options = desired
            .options
            .with_name(strength(self.name.is_some()))
            .with_data_volume(strength(is_flag || self.recreate == Recreate::Reset))
            .with_recreate(replaced.map(|container| container.id.clone()))
            .with_lifetime(self.lifetime)
            .with_protection(self.protection);
        desired
    }
}

/// Returns the name of a new data volume; the time makes it unique.
fn new_data_volume(workspace: &WorkspacePath) -> VolumeName {
    let head = git::head(workspace);
    let branch = match &head {
        GitHead::Branch(branch) => Some(branch.as_str()),
        GitHead::Detached => Some("detached"),
        GitHead::NoGit => None,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let nanos = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
    VolumeName::for_reset(workspace.dir_name(), branch, nanos)
}
