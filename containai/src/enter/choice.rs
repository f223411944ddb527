//! What one command line chooses about the container.

use std::time::{SystemTime, UNIX_EPOCH};

use containai_core::config::{Config, Origin};
use containai_core::engine::{Container, Lifetime, Protection};
use containai_core::lifecycle::{Claim, Desired, Manner};
use containai_core::naming::{ContainerName, GitHead, VolumeName, WorkspacePath};

use crate::git;
use crate::workspace::Caution;

/// Whether the container that there is will do.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Renewal {
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
pub struct Choice {
    pub name: Option<ContainerName>,
    pub renewal: Renewal,
    pub lifetime: Lifetime,
    pub protection: Protection,
    pub caution: Caution,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            name: None,
            renewal: Renewal::None,
            lifetime: Lifetime::Lasting,
            protection: Protection::None,
            caution: Caution::Forced,
        }
    }
}

impl Choice {
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
        let claim = |is_made| if is_made { Claim::Insisted } else { Claim::Preferred };
        let is_flag = matches!(config.data_volume.origin, Origin::Flag(_));
        if self.renewal == Renewal::Reset {
            desired.data_volume = Some(new_volume(&desired.workspace));
        }
        desired.manner = Manner {
            name: claim(self.name.is_some()),
            data_volume: claim(is_flag || self.renewal == Renewal::Reset),
            outgoing: outgoing.map(|container| container.id.clone()),
            lifetime: self.lifetime,
            protection: self.protection,
            repository: desired.manner.repository,
            mounts: desired.manner.mounts,
            docker_volume: desired.manner.docker_volume,
        };
        desired
    }
}

fn new_volume(workspace: &WorkspacePath) -> VolumeName {
    let head = git::head(workspace);
    let branch = match &head {
        GitHead::Branch(branch) => Some(branch.as_str()),
        GitHead::Detached => Some("detached"),
        GitHead::NoGit => None,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let nanos = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
    VolumeName::reset(workspace.dir_name(), branch, nanos)
}
