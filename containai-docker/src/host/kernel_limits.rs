//! Limits of the kernel that containers would use up for each other.
//!
//! What the kernel counts for a user of the host is counted for each container
//! by itself where it has ids, or a creator of its user namespace, of its own
//! (see `runtime`); then the limit only has to be enough for one container, and
//! the defaults are made for one person's desktop. The others are limits of
//! the whole machine. Values are only ever raised.

use std::fs;
use std::path::Path;

use rustix::fs::{Access, access};

use super::error::SetupError;
use super::file;

/// A limit, and what it has to be at least.
struct Limit {
    path: &'static str,
    least: u64,
    need: Need,
}

/// What becomes of set-up when the kernel does not take a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Containers would not start.
    Required,
    /// Containers work, and one may be in the way of another.
    Wanted,
}

/// The most that a kernel has (proc_sys_kernel(5), `pid_max`).
const PIDS: u64 = if cfg!(target_pointer_width = "64") { 4_194_304 } else { 32_768 };

const LIMITS: [Limit; 7] = [
    // Every container, every one inside it and every service of theirs has a session keyring
    // (session-keyring(7)). A user has 200 keys by default (keyrings(7)), some twenty system
    // containers' worth where they share their ids.
    Limit { path: "/proc/sys/kernel/keys/maxkeys", least: 20_000, need: Need::Required },
    Limit { path: "/proc/sys/kernel/keys/maxbytes", least: 2_000_000, need: Need::Required },
    // inotify(7): 128 by default for all that runs in a container, systemd, an editor's server and
    // every program that watches files.
    Limit { path: "/proc/sys/fs/inotify/max_user_instances", least: 1024, need: Need::Wanted },
    Limit { path: "/proc/sys/fs/inotify/max_user_watches", least: 524_288, need: Need::Wanted },
    // 32,768 by default where systemd does not run the host: what one container may have.
    Limit { path: "/proc/sys/kernel/pid_max", least: PIDS, need: Need::Wanted },
    // A tenth of memory by default, less than one container may open. Open files count as a
    // container's memory, which is limited; systemd sets the same on the hosts that it runs.
    Limit { path: "/proc/sys/fs/file-max", least: i64::MAX as u64, need: Need::Wanted },
    // Terminals of all containers together, 3,072 by default.
    Limit { path: "/proc/sys/kernel/pty/max", least: 65_536, need: Need::Wanted },
];

/// Raises what is lower.
///
/// # Errors
///
/// [`SetupError::File`] when the kernel does not take a value that containers
/// cannot do without.
pub(super) fn raise() -> Result<(), SetupError> {
    for limit in LIMITS.iter().filter(|limit| limit.is_low()) {
        let path = Path::new(limit.path);
        let raised = fs::write(path, format!("{}\n", limit.least));
        if limit.need == Need::Required {
            raised.map_err(file::failed(path))?;
        }
    }
    Ok(())
}

/// Whether [`raise`] has nothing to do, or may not do it.
pub(super) fn are_raised() -> bool {
    let may_write = |limit: &Limit| access(limit.path, Access::WRITE_OK).is_ok();
    !LIMITS.iter().any(|limit| limit.is_low() && may_write(limit))
}

impl Limit {
    /// A kernel without it has no file, and needs none.
    fn is_low(&self) -> bool {
        let text = fs::read_to_string(self.path).unwrap_or_default();
        text.trim().parse::<u64>().is_ok_and(|value| value < self.least)
    }
}

/// What a dry run shows.
pub(super) fn commands() -> impl Iterator<Item = String> {
    let command =
        |limit: Limit| format!("echo {} > {}   # unless it is more", limit.least, limit.path);
    LIMITS.into_iter().map(command)
}
