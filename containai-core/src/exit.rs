//! The exit codes of `cai`, a stable part of its interface.
//!
//! `run`, `exec` and `shell` pass the remote command's own status through,
//! `128 + N` when signal `N` ended it, so their codes from 0 to 110 and from
//! 116 up belong to that command.

/// Everything that was asked for was done.
pub const OK: u8 = 0;

/// Something failed that has no code of its own.
pub const FAILED: u8 = 1;

/// The command line or the configuration is wrong; nothing was done.
pub const USAGE: u8 = 2;

/// The container could not be made or started: engine down, image missing,
/// runtime refused, disk full.
pub const CONTAINER_NOT_STARTED: u8 = 111;

/// The SSH side could not be set up: no free port, key or configuration not
/// writable.
pub const SSH_SETUP_FAILED: u8 = 112;

/// The container runs, but no SSH session could be opened.
pub const CANNOT_CONNECT: u8 = 113;

/// The server showed a host key that the engine does not vouch for.
pub const HOST_KEY_MISMATCH: u8 = 114;

/// A container in the way is not managed by ContainAI, or belongs to another
/// workspace.
pub const NOT_OURS: u8 = 115;

/// Ctrl-C (`SIGINT`) ended `cai` before the remote command had started.
pub const INTERRUPTED: u8 = 130;

/// `SIGHUP` ended `cai` before the remote command had started: the terminal is
/// gone.
pub const HUNG_UP: u8 = 129;

/// `SIGTERM` ended `cai` before the remote command had started.
pub const TERMINATED: u8 = 143;

/// Every code with its name and what it means, in order; what a reference page
/// shows.
pub const ALL: [(u8, &str, &str); 11] = [
    (OK, "ok", "done"),
    (FAILED, "failed", "failed"),
    (USAGE, "usage", "the command line or the configuration is wrong; nothing was done"),
    (CONTAINER_NOT_STARTED, "container not started", "the container could not be made or started"),
    (
        SSH_SETUP_FAILED,
        "SSH set-up failed",
        "SSH could not be set up: no free port, key or configuration not writable",
    ),
    (CANNOT_CONNECT, "cannot connect", "the container runs, but no session could be opened"),
    (
        HOST_KEY_MISMATCH,
        "host key mismatch",
        "the server showed a host key that the engine does not vouch for",
    ),
    (
        NOT_OURS,
        "not ours",
        "a container in the way is not managed by ContainAI, or belongs to another workspace",
    ),
    (HUNG_UP, "hung up", "the terminal went away before the command had started"),
    (INTERRUPTED, "interrupted", "interrupted before the command had started"),
    (TERMINATED, "terminated", "told to end before the command had started"),
];
