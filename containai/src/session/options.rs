//! What one command line chooses about the container.

use std::time::{SystemTime, UNIX_EPOCH};

use containai_core::config::{Config, Origin};
use containai_core::engine::{Container, Lifetime, Protection};
use containai_core::lifecycle::{Desired, RunOptions, Strength};
use containai_core::naming::{ContainerName, GitHead, VolumeName, WorkspacePath};

use crate::git;
use crate::workspace::ProtectedPathUse;

/// Whether the container that there is will do.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Recreate {
    /// It will.
    #[default]
    None,
    /// `--fresh`: it is made anew with its volumes.
    Fresh,
    /// `--reset`: it is made anew with a new data volume.
    Reset,
}

/// What one command line chooses about the container.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    pub name: Option<ContainerName>,
    pub recreate: Recreate,
    pub lifetime: Lifetime,
    pub protection: Protection,
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
    /// Puts it into what is wanted. `outgoing` is the container that will not
    /// do; the time is part of the name of a new volume.
    pub(crate) fn apply(
        &self,
        mut desired: Desired,
        config: &Config,
        outgoing: Option<&Container>,
    ) -> Desired {
        if let Some(name) = &self.name {
            desired.name = name.clone();
        }
        let claim = |is_made| if is_made { Strength::Required } else { Strength::Preferred };
        let is_flag = matches!(config.data_volume.origin, Origin::Flag(_));
        if self.recreate == Recreate::Reset {
            desired.data_volume = Some(new_data_volume(&desired.workspace));
        }
        desired.options = RunOptions {
            name: claim(self.name.is_some()),
            data_volume: claim(is_flag || self.recreate == Recreate::Reset),
            recreate: outgoing.map(|container| container.id.clone()),
            lifetime: self.lifetime,
            protection: self.protection,
            repository: desired.options.repository,
            mounts: desired.options.mounts,
            docker_volume: desired.options.docker_volume,
        };
        desired
    }
}

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
