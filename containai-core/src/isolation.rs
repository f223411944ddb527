//! The isolation of containers.

use std::fmt;

/// The isolation of a container's root user from the host.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Isolation {
    /// Sysbox creates the user namespace; ContainAI's shim maps bind mounts.
    Sysbox,
    /// The engine's `userns-remap` with ContainAI's runtime shim.
    Userns,
}

impl Isolation {
    /// Returns the runtime's name in the engine's configuration.
    pub fn runtime(self) -> &'static str {
        match self {
            Self::Sysbox => "containai-sysbox-runc",
            Self::Userns => "containai-runc",
        }
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sysbox => "sysbox",
            Self::Userns => "userns",
        })
    }
}
