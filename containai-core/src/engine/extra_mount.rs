//! What a container has besides its workspace and its volumes.

use std::fmt;

use crate::naming::{MountTarget, VolumeName, WorkspacePath};

/// What a container has besides its workspace and its volumes. A person has
/// approved it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExtraMount {
    /// What is mounted.
    pub source: MountSource,
    /// Where it is inside.
    pub target: MountTarget,
    /// What may be done with it inside.
    pub access: MountAccess,
}

/// What is mounted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MountSource {
    /// A directory or a file of the engine's machine, links resolved.
    Host(WorkspacePath),
    /// A volume of the engine, which is made where it is not there.
    Volume(VolumeName),
}

/// What may be done with a mount inside.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum MountAccess {
    /// It is read and written.
    #[default]
    ReadWrite,
    /// It is read.
    ReadOnly,
}

impl fmt::Display for ExtraMount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            MountSource::Host(path) => write!(f, "{path}")?,
            MountSource::Volume(name) => write!(f, "volume {name}")?,
        }
        write!(f, " at {}", self.target)?;
        match self.access {
            MountAccess::ReadWrite => Ok(()),
            MountAccess::ReadOnly => f.write_str(", read-only"),
        }
    }
}
