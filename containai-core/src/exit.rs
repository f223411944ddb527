//! The exit codes of `cai`, a stable part of its interface.
//!
//! `run`, `exec` and `shell` return the exit status of the remote command, `128 + N` when signal
//! `N` ended it. Codes from 0 to 110 and from 117 up can therefore come from that command.

/// The command succeeded.
pub const OK: u8 = 0;

/// A failure without a code of its own.
pub const FAILED: u8 = 1;

/// The command line or the configuration is wrong; nothing was done.
pub const USAGE: u8 = 2;

/// The container could not be created or started: engine down, image missing, runtime refused, disk
/// full.
pub const CONTAINER_NOT_STARTED: u8 = 111;

/// SSH could not be set up: no free port, or key or configuration not writable.
pub const SSH_SETUP_FAILED: u8 = 112;

/// The container runs, but no SSH session could be opened.
pub const CANNOT_CONNECT: u8 = 113;

/// The server presented a host key that the engine does not confirm.
pub const HOST_KEY_MISMATCH: u8 = 114;

/// A conflicting container is not managed by ContainAI, or belongs to another workspace.
pub const FOREIGN_CONTAINER: u8 = 115;

/// A question was not asked, because the agent is not logged in.
pub const NOT_LOGGED_IN: u8 = 116;

/// The time limit of a question ended the agent, as timeout(1) reports it.
pub const TIMED_OUT: u8 = 124;

/// `SIGINT` (Ctrl-C) ended `cai` before the remote command started.
pub const INTERRUPTED: u8 = 130;

/// `SIGHUP` ended `cai` before the remote command started: the terminal closed.
pub const HUNG_UP: u8 = 129;

/// `SIGTERM` ended `cai` before the remote command started.
pub const TERMINATED: u8 = 143;

/// All codes in order, each with its name and meaning, for the reference page.
pub const ALL: [(u8, &str, &str); 13] = [
    (OK, "ok", "done"),
    (FAILED, "failed", "failed"),
    (USAGE, "usage", "the command line or the configuration is wrong; nothing was done"),
    (
        CONTAINER_NOT_STARTED,
        "container not started",
        "the container could not be created or started",
    ),
    (
        SSH_SETUP_FAILED,
        "SSH setup failed",
        "SSH could not be set up: no free port, key or configuration not writable",
    ),
    (CANNOT_CONNECT, "cannot connect", "the container runs, but no session could be opened"),
    (
        HOST_KEY_MISMATCH,
        "host key mismatch",
        "the server presented a host key that the engine does not confirm",
    ),
    (
        FOREIGN_CONTAINER,
        "foreign container",
        "a conflicting container is not managed by ContainAI, or belongs to another workspace",
    ),
    (
        NOT_LOGGED_IN,
        "not logged in",
        "a question was not asked, because the agent is not logged in",
    ),
    (TIMED_OUT, "timed out", "the time limit of `--max-time` ended the agent"),
    (HUNG_UP, "hung up", "the terminal closed before the command started"),
    (INTERRUPTED, "interrupted", "interrupted before the command started"),
    (TERMINATED, "terminated", "terminated before the command started"),
];
