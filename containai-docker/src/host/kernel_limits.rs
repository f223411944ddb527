//! Kernel limits that containers would exhaust for each other.
//!
//! Limits per user apply to each container separately if it has its own ids, or if its user
//! namespace has its own creator (see `runtime`); the value must then suffice for one container,
//! while the defaults suit a desktop user. The other limits apply to the whole machine. Values are
//! only raised.

use std::fs;
use std::path::Path;

use rustix::fs::{Access, access};

use super::error::SetupError;
use super::file;

/// A kernel limit and its minimum value.
struct Limit {
    path: &'static str,
    least: u64,
    need: Need,
}

/// The effect of a value that the kernel rejects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Setup fails, because containers would not start.
    Required,
    /// Setup continues, but one container may exhaust the limit for others.
    Wanted,
}

/// The kernel's maximum (proc_sys_kernel(5), `pid_max`).
const PIDS: u64 = if cfg!(target_pointer_width = "64") { 4_194_304 } else { 32_768 };

const LIMITS: [Limit; 7] = [
    // Each container, each inner container and each of their services has a session keyring
    // (session-keyring(7)). The default of 200 keys per user (keyrings(7)) suffices for about
    // twenty system containers with shared ids.
    Limit { path: "/proc/sys/kernel/keys/maxkeys", least: 20_000, need: Need::Required },
    Limit { path: "/proc/sys/kernel/keys/maxbytes", least: 2_000_000, need: Need::Required },
    // inotify(7): the default is 128 for a whole container, that is for systemd, the server of an
    // editor and every program that watches files.
    Limit { path: "/proc/sys/fs/inotify/max_user_instances", least: 1024, need: Need::Wanted },
    Limit { path: "/proc/sys/fs/inotify/max_user_watches", least: 524_288, need: Need::Wanted },
    // Default 32,768 where systemd is not the host's init, which is the limit of a single
    // container.
    Limit { path: "/proc/sys/kernel/pid_max", least: PIDS, need: Need::Wanted },
    // The default depends on memory (one file per 10 KiB) and is less than a single container may
    // open. Open files are charged to the container's memory, which is limited; systemd sets the
    // same value.
    Limit { path: "/proc/sys/fs/file-max", least: i64::MAX as u64, need: Need::Wanted },
    // Terminals of all containers together; the default is 3,072.
    Limit { path: "/proc/sys/kernel/pty/max", least: 65_536, need: Need::Wanted },
];

/// Raises the limits that are too low.
///
/// # Errors
///
/// [`SetupError::File`] if the kernel rejects a required value.
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

/// Returns whether [`raise`] has nothing to do, or lacks the permission to do it.
pub(super) fn are_raised() -> bool {
    let may_write = |limit: &Limit| access(limit.path, Access::WRITE_OK).is_ok();
    !LIMITS.iter().any(|limit| limit.is_low() && may_write(limit))
}

impl Limit {
    /// Returns whether the value is below the minimum; `false` for a limit that the kernel does not
    /// have.
    fn is_low(&self) -> bool {
        let text = fs::read_to_string(self.path).unwrap_or_default();
        text.trim().parse::<u64>().is_ok_and(|value| value < self.least)
    }
}

/// Returns the commands that a dry run shows.
pub(super) fn commands() -> impl Iterator<Item = String> {
    let command =
        |limit: Limit| format!("echo {} > {}   # unless it is higher", limit.least, limit.path);
    LIMITS.into_iter().map(command)
}
