//! Additional mounts.

use std::fmt;

use crate::naming::{MountTarget, VolumeName, WorkspacePath};

/// A mount in addition to the workspace and the volumes, approved by the user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExtraMount {
    /// The source.
    pub source: MountSource,
    /// The target in the container.
    pub target: MountTarget,
    /// The access mode in the container.
    pub access: MountAccess,
}

/// The source of a mount.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MountSource {
    /// A directory or file of the engine's machine, with symbolic links resolved.
    Host(WorkspacePath),
    /// A volume of the engine; created when missing.
    Volume(VolumeName),
    /// A login that containers share; created when missing. It belongs to no workspace, so nothing
    /// that removes volumes of workspaces removes it.
    Credentials {
        /// The volume.
        volume: VolumeName,
        /// The name of the login, such as `claude`.
        login: String,
    },
}

/// The access mode of a mount.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum MountAccess {
    /// Read-write.
    #[default]
    ReadWrite,
    /// Read-only.
    ReadOnly,
}

impl fmt::Display for ExtraMount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            MountSource::Host(path) => write!(f, "{path}")?,
            MountSource::Volume(name) => write!(f, "volume {name}")?,
            MountSource::Credentials { login, .. } => write!(f, "shared login of {login}")?,
        }
        write!(f, " at {}", self.target)?;
        match self.access {
            MountAccess::ReadWrite => Ok(()),
            MountAccess::ReadOnly => f.write_str(", read-only"),
        }
    }
}
