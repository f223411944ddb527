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
struct KernelLimit {
    path: &'static str,
    minimum: u64,
    requirement: LimitRequirement,
}

/// The effect of a value that the kernel rejects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LimitRequirement {
    /// Setup fails, because containers would not start.
    Required,
    /// Setup continues, but one container may exhaust the limit for others.
    Recommended,
}

/// The kernel's maximum (proc_sys_kernel(5), `pid_max`).
const PID_MAX: u64 = if cfg!(target_pointer_width = "64") { 4_194_304 } else { 32_768 };

const LIMITS: [KernelLimit; 7] = [
    // Each container, each inner container and each of their services has a session keyring
    // (session-keyring(7)). The default of 200 keys per user (keyrings(7)) suffices for about
    // twenty system containers with shared ids.
    KernelLimit {
        path: "/proc/sys/kernel/keys/maxkeys",
        minimum: 20_000,
        requirement: LimitRequirement::Required,
    },
    KernelLimit {
        path: "/proc/sys/kernel/keys/maxbytes",
        minimum: 2_000_000,
        requirement: LimitRequirement::Required,
    },
    // inotify(7): the default is 128 for a whole container, that is for systemd, the server of an
    // editor and every program that watches files.
    KernelLimit {
        path: "/proc/sys/fs/inotify/max_user_instances",
        minimum: 1024,
        requirement: LimitRequirement::Recommended,
    },
    KernelLimit {
        path: "/proc/sys/fs/inotify/max_user_watches",
        minimum: 524_288,
        requirement: LimitRequirement::Recommended,
    },
    // Default 32,768 where systemd is not the host's init, which is the limit of a single
    // container.
    KernelLimit {
        path: "/proc/sys/kernel/pid_max",
        minimum: PID_MAX,
        requirement: LimitRequirement::Recommended,
    },
    // The default depends on memory (one file per 10 KiB) and is less than a single container may
    // open. Open files are charged to the container's memory, which is limited; systemd sets the
    // same value.
    KernelLimit {
        path: "/proc/sys/fs/file-max",
        minimum: i64::MAX as u64,
        requirement: LimitRequirement::Recommended,
    },
    // Terminals of all containers together; the default is 3,072.
    KernelLimit {
        path: "/proc/sys/kernel/pty/max",
        minimum: 65_536,
        requirement: LimitRequirement::Recommended,
    },
];

/// Raises the limits that are too low.
///
/// # Errors
///
/// [`SetupError::File`] if the kernel rejects a required value.
pub(super) fn raise() -> Result<(), SetupError> {
    for limit in LIMITS.iter().filter(|limit| limit.is_low()) {
        let path = Path::new(limit.path);
        let raised = fs::write(path, format!("{}\n", limit.minimum));
        if limit.requirement == LimitRequirement::Required {
            raised.map_err(file::file_error(path))?;
        }
    }
    Ok(())
}

/// Returns whether [`raise`] has nothing to do, or lacks the permission to do it.
pub(super) fn are_raised() -> bool {
    let may_write = |limit: &KernelLimit| access(limit.path, Access::WRITE_OK).is_ok();
    !LIMITS.iter().any(|limit| limit.is_low() && may_write(limit))
}

impl KernelLimit {
    /// Returns whether the value is below the minimum; `false` for a limit that the kernel does not
    /// have.
    fn is_low(&self) -> bool {
        let text = fs::read_to_string(self.path).unwrap_or_default();
        text.trim().parse::<u64>().is_ok_and(|value| value < self.minimum)
    }
}

/// Returns the commands that a dry run shows.
pub(super) fn commands() -> impl Iterator<Item = String> {
    let command = |limit: KernelLimit| {
        format!("echo {} > {}   # unless it is higher", limit.minimum, limit.path)
    };
    LIMITS.into_iter().map(command)
}
