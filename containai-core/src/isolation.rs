//! The isolation of containers.

use std::fmt;

/// Maximum number of user ids, and of group ids, of a container: those of its own users, and the
/// subordinate ids of the first two of them in `/etc/subuid`, which useradd(8) assigns from 100,000
/// up, 65,536 each. With Sysbox, and on a host whose ids are taken, a container has 65,536.
pub const MAX_CONTAINER_IDS: u32 = 4 * 65_536;

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
