//! Facts of the process: environment, home directory and terminals, read only here.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, IsTerminal as _};
use std::ops::Deref;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use containai::process_env::ProcessEnv;
use containai_core::layout::{CONTAINER_CAI, CONTAINER_DATA};
use nix::unistd::{User, geteuid, getuid};

/// The variable in which a shell's completion script passes the shell's name.
pub(crate) const COMPLETION_VARIABLE: &str = "COMPLETE";
/// Set in a process that was restarted as a member of the engine's group.
pub(crate) const GROUP_REEXEC_VARIABLE: &str = "CONTAINAI_REGROUPED";

/// Facts of the process.
#[derive(Clone, Debug)]
pub(crate) struct Env {
    /// The facts that the library needs.
    process: ProcessEnv,
    /// `TERM`, for remote terminals.
    pub(crate) term: String,
    /// `VISUAL`, else `EDITOR`: the user's editor as a shell's words.
    pub(crate) editor: Option<OsString>,
    /// Whether this process was restarted with the engine's group.
    pub(crate) is_group_reexec: bool,
    /// Whether this is the program that is mounted in a container.
    pub(crate) is_in_container: bool,
}

impl Env {
    /// Reads all facts.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let mut process = ProcessEnv::from_vars(std::env::vars_os())?;
        process.directory = current_directory().context("cannot find the current directory")?;
        process.user = invoking_user();
        process.program = std::env::current_exe().ok();
        // A program that was replaced on the disk starts in its running version.
        process.mux_program = Some("/proc/self/exe".into());
        Ok(Self {
            process,
            term: variable("TERM")
                .and_then(|term| term.into_string().ok())
                .unwrap_or_else(|| "xterm-256color".to_owned()),
            editor: variable("VISUAL").or_else(|| variable("EDITOR")),
            is_group_reexec: variable(GROUP_REEXEC_VARIABLE).is_some(),
            is_in_container: is_in_container(),
        })
    }
}

/// The current directory. One that was removed has the name that Linux gives it, which no file has,
/// so only commands that need the directory fail.
fn current_directory() -> io::Result<PathBuf> {
    match std::env::current_dir() {
        Err(error) if error.kind() == ErrorKind::NotFound => fs::read_link("/proc/self/cwd"),
        directory => directory,
    }
}

impl Deref for Env {
    type Target = ProcessEnv;

    fn deref(&self) -> &ProcessEnv {
        &self.process
    }
}

/// Whether this program is at its path in containers, beside a data volume. One that is built
/// inside a container runs from another path.
fn is_in_container() -> bool {
    let device = |path: &Path| path.symlink_metadata().ok().map(|data| data.dev());
    let data = Path::new(CONTAINER_DATA);
    std::env::current_exe().is_ok_and(|path| path == Path::new(CONTAINER_CAI))
        && device(data).is_some()
        && device(data) != data.parent().and_then(device)
}

/// The standard streams that are terminals.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Terminals {
    pub(crate) stdin: bool,
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
}

impl Terminals {
    pub(crate) fn detect() -> Self {
        Self {
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
        }
    }

    /// Whether the user can be asked.
    pub(crate) fn can_ask(self) -> bool {
        self.stdin && self.stderr
    }

    /// Whether a remote command gets a terminal.
    pub(crate) fn is_interactive(self) -> bool {
        self.stdin && self.stdout
    }
}

/// The user who invoked `sudo` or `doas`, or the process's user unless it is root.
fn invoking_user() -> Option<String> {
    let name = match geteuid().is_root() {
        true => std::env::var("SUDO_USER").or_else(|_| std::env::var("DOAS_USER")).ok()?,
        false => User::from_uid(getuid()).ok()??.name,
    };
    (name != "root").then_some(name)
}
