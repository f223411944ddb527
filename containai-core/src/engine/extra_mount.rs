//! What a container has besides its workspace and its volumes.

use std::fmt;
use std::path::Path;

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

/// Whether a path of the host may be mounted: it neither holds one of these
/// places nor is a part of one of the `closed` ones.
#[must_use]
pub fn is_mountable(path: &Path, open: &[&Path], closed: &[&Path]) -> bool {
    let holds = |place: &&&Path| place.starts_with(path);
    let is_part = |place: &&&Path| path.starts_with(place);
    let is_held = open.iter().chain(closed).any(|place| holds(&place));
    !is_held && !closed.iter().any(|place| is_part(&place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_what_holds_them_stay() {
        let (home, ssh) = (Path::new("/home/me"), Path::new("/home/me/.ssh"));
        let check = |path: &str| is_mountable(Path::new(path), &[home], &[ssh]);
        for path in ["/home/me/src", "/home/me/.sshx", "/home/you", "/srv"] {
            assert!(check(path), "{path}");
        }
        for path in ["/", "/home", "/home/me", "/home/me/.ssh", "/home/me/.ssh/id_rsa"] {
            assert!(!check(path), "{path}");
        }
    }
}
