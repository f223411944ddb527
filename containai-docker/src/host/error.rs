//! Errors of setting up a host.

use std::fmt;
use std::io;
use std::path::PathBuf;

use containai_core::exit;
use containai_core::hint::{Advice, Hint};

use super::command::HostCommandError;
use super::platform::Platform;

/// An error from setting up a host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// Setup does not support this platform yet.
    #[error("setup does not support {platform} yet: {missing}")]
    Unsupported {
        /// The platform.
        platform: Platform,
        /// The missing requirement.
        missing: &'static str,
        /// The alternative, as a hint.
        alternative: &'static str,
    },
    /// Neither isolation works on this host, or the requested one does not.
    #[error("no isolation available: {reason}")]
    NoIsolation {
        /// The missing requirement.
        reason: String,
    },
    /// Sysbox was requested, or chosen earlier, and cannot be used.
    #[error("no isolation available: {problem}")]
    Sysbox {
        /// Why it cannot be used.
        problem: SysboxProblem,
    },
    /// The installed engine or runtime is too old.
    #[error("`{program}` is version {found}, but {needed} or later is required")]
    TooOld {
        /// The program.
        program: &'static str,
        /// Its installed version.
        found: String,
        /// The lowest supported version.
        needed: &'static str,
    },
    /// All candidate private networks are in use.
    #[error("no free private network for the engine's bridge")]
    NoSubnet,
    /// No range of 262144 ids is free in `/etc/subuid` or `/etc/subgid`.
    #[error("no free range of subordinate ids in `{file}`")]
    NoSubordinateIds {
        /// The file.
        file: &'static str,
    },
    /// The user to grant access to does not exist.
    #[error("user `{user}` does not exist")]
    NoSuchUser {
        /// Name of the user.
        user: String,
    },
    /// The engine's record is invalid; it was edited, or a newer version wrote it.
    #[error("invalid record `{path}`: {reason}")]
    InvalidRecord {
        /// The file.
        path: PathBuf,
        /// Why it is invalid.
        reason: String,
    },
    /// The engine was started on a host that is not set up.
    #[error("the engine is not set up: `{path}` is missing")]
    NotSetUp {
        /// The missing file.
        path: PathBuf,
    },
    /// A program of the host failed.
    #[error(transparent)]
    Command(#[from] HostCommandError),
    /// A file of the host cannot be read or written.
    #[error("cannot access `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
    /// The engine exited unexpectedly, usually right after its start.
    #[error("the engine exited{}", indented(.log))]
    EngineExited {
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// The engine runs, but its socket does not respond.
    #[error("the engine did not respond within {seconds} s{}", indented(.log))]
    EngineNotResponding {
        /// Time that setup waited.
        seconds: u64,
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// The engine did not stop in time.
    #[error("the engine (process {pid}) did not stop within {seconds} s")]
    EngineNotStopping {
        /// Its process id.
        pid: i32,
        /// Time that was waited.
        seconds: u64,
    },
}

/// Why Sysbox cannot run containers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SysboxProblem {
    /// The package is not installed.
    NotInstalled,
    /// The package is installed, but one of its services is not running.
    NotRunning,
    /// `/etc/subuid` or `/etc/subgid` has no range for its containers, or one that overlaps the
    /// host's own ids.
    NoIdRange,
}

impl fmt::Display for SysboxProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotInstalled => "Sysbox is not installed",
            Self::NotRunning => "Sysbox is installed, but its services do not respond",
            Self::NoIdRange => {
                "`/etc/subuid` and `/etc/subgid` have no range of 65536 ids for `sysbox`"
            }
        })
    }
}

impl SysboxProblem {
    fn hint(self) -> Hint {
        match self {
            Self::NotInstalled => Hint::new("install Sysbox"),
            Self::NotRunning => Hint::run("systemctl restart sysbox", "start its services"),
            Self::NoIdRange => Hint::run(
                "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 sysbox",
                "add a range of free ids",
            ),
        }
    }
}

fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}

impl Advice for SetupError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Unsupported { .. } | Self::NoSuchUser { .. } => exit::USAGE,
            _ => exit::CONTAINER_NOT_STARTED,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let denied = |source: &io::Error| source.kind() == io::ErrorKind::PermissionDenied;
        let hint = match self {
            Self::Sysbox { problem } => {
                let other =
                    Hint::run("cai setup --isolation userns", "use user namespaces instead");
                return vec![problem.hint(), other];
            }
            Self::Unsupported { alternative: instead, .. } => Hint::new(*instead),
            Self::NoIsolation { .. } => Hint::new("use Linux 5.12 or later"),
            Self::TooOld { .. } => Hint::new("upgrade the distribution's Docker packages"),
            Self::NoSubnet => Hint::new("free a /24 network in 10.0.0.0/8 or 172.30.0.0/16"),
            Self::NoSubordinateIds { .. } => Hint::new("free a range of 262144 ids in the file"),
            Self::NoSuchUser { .. } => {
                Hint::new("run `cai setup` as the user who will use the engine")
            }
            Self::InvalidRecord { .. } => Hint::new(
                "move the file away and run `cai setup`; containers of a different isolation become invisible",
            ),
            Self::NotSetUp { .. } => Hint::run("cai setup", "install and start the engine"),
            Self::File { source, .. } if denied(source) => {
                Hint::new("run `cai setup` as root or as a user with sudo access")
            }
            Self::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Hint::new("free disk space, then run `cai setup` again")
            }
            Self::Command(_) => Hint::new("fix the reported problem, then run `cai setup` again"),
            Self::EngineExited { .. } | Self::EngineNotResponding { .. } => {
                Hint::new("check the engine's log, then run `cai setup` again")
            }
            Self::File { .. } => {
                Hint::new("make the path readable and writable, then run `cai setup` again")
            }
            Self::EngineNotStopping { pid, .. } => {
                Hint::run(&format!("kill -KILL {pid}"), "stop it, then run `cai setup` again")
            }
        };
        vec![hint]
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use containai_core::{samples, testing};
    use io::ErrorKind;

    use super::*;

    #[test]
    fn messages_and_hints() {
        let path = || PathBuf::from("/etc/containai/engine.json");
        let file = |kind: ErrorKind| SetupError::File { path: path(), source: kind.into() };
        let log = || vec!["failed to start daemon".to_owned()];
        let samples = samples!(SetupError {
            Unsupported: [SetupError::Unsupported {
                platform: Platform::MacOs,
                missing: "it needs a virtual machine",
                alternative: "name an engine with `--docker-host`",
            }],
            NoIsolation: [SetupError::NoIsolation { reason: "the kernel is 5.4".into() }],
            Sysbox: [
                SetupError::Sysbox { problem: SysboxProblem::NotInstalled },
                SetupError::Sysbox { problem: SysboxProblem::NotRunning },
                SetupError::Sysbox { problem: SysboxProblem::NoIdRange },
            ],
            TooOld: [SetupError::TooOld { program: "runc", found: "1.0.0".into(), needed: "1.1" }],
            NoSubnet: [SetupError::NoSubnet],
            NoSubordinateIds: [SetupError::NoSubordinateIds { file: "/etc/subuid" }],
            NoSuchUser: [SetupError::NoSuchUser { user: "no-such-user".into() }],
            InvalidRecord: [SetupError::InvalidRecord {
                path: path(),
                reason: "missing field `subnet`".into()
            }],
            NotSetUp: [SetupError::NotSetUp { path: path() }],
            Command: [
                SetupError::Command(HostCommandError::Spawn {
                    program: "ip".into(),
                    source: ErrorKind::NotFound.into(),
                }),
                SetupError::Command(HostCommandError::Failed {
                    command: "apt-get install -y runc".into(),
                    status: ExitStatus::from_raw(100 << 8),
                    tail: vec!["E: Unable to locate package runc".into()],
                }),
            ],
            File: [
                file(ErrorKind::PermissionDenied),
                file(ErrorKind::StorageFull),
                file(ErrorKind::NotADirectory),
            ],
            EngineExited: [SetupError::EngineExited { log: log() }],
            EngineNotResponding: [SetupError::EngineNotResponding { seconds: 30, log: log() }],
            EngineNotStopping: [SetupError::EngineNotStopping { pid: 4711, seconds: 30 }],
        });
        insta::assert_snapshot!(testing::render_errors_with_hints(&samples));
    }
}
