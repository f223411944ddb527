//! A command for the remote shell.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use containai_core::layout::CONTAINER_WORKSPACE;
use containai_core::naming::EnvName;

use crate::env_vars::{self, ENV_PAYLOAD_VAR, EnvVars, EnvVarsError, MAX_PAYLOAD_LEN};
use crate::quote;
use crate::terminal_type::TerminalType;
use crate::wrapper::{OnDisconnect, Payload, wrap};

/// A command that the remote user's shell runs in the container.
///
/// It runs in the workspace unless [`in_dir`](Self::in_dir) or
/// [`in_home`](Self::in_home) is used. If that directory is missing, nothing
/// runs and the shell's exit status (1 or 2) is returned. `Debug` omits the
/// arguments, which may be secret.
#[derive(Clone)]
pub struct Command {
    dir: Option<OsString>,
    /// The directory that is used if `dir` is missing.
    fallback_dir: Option<OsString>,
    body: Body,
    launch: LaunchMode,
    env: Vec<(EnvName, String)>,
    env_vars: EnvVars,
    persistent_env: Option<EnvVars>,
    terminal_type: Option<TerminalType>,
    on_disconnect: OnDisconnect,
}

#[derive(Clone)]
enum Body {
    /// `NAME=value` assignments, then the program and its arguments.
    Words(Vec<(EnvName, OsString)>, Vec<OsString>),
    /// The user's login shell.
    Shell,
}

/// The journal identifier of the output of detached commands.
pub const JOURNAL_IDENTIFIER: &str = "cai";

/// The way in which the program of a [`Command`] is started.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum LaunchMode {
    /// As the user's shell, started by sshd: no profile is read.
    #[default]
    Plain,
    /// In `bash -lc`, with the environment of the user's profile.
    Login,
    /// As [`Plain`](Self::Plain), in the background. The process id is printed
    /// to stdout as one line; the output of the command is written to the
    /// journal under [`JOURNAL_IDENTIFIER`] (systemd-cat(1)). A missing
    /// directory or program is an error as in the foreground.
    Detached,
}

impl Command {
    /// Creates a command from a program and its arguments. Leading words of the
    /// form `NAME=value` set the program's environment, as in a shell; without
    /// a program they form a command that does nothing.
    ///
    /// # Errors
    ///
    /// - [`Empty`](CommandError::Empty): no words are given.
    /// - [`Nul`](CommandError::Nul): a word contains a NUL byte.
    pub fn new<W: Into<OsString>>(
        words: impl IntoIterator<Item = W>,
    ) -> Result<Self, CommandError> {
        let mut assignments = Vec::new();
        let mut program = Vec::new();
        for word in words.into_iter().map(Into::into) {
            if word.as_bytes().contains(&0) {
                return Err(CommandError::Nul);
            }
            match parse_assignment(&word).filter(|_| program.is_empty()) {
                Some(pair) => assignments.push(pair),
                None => program.push(word),
            }
        }
        if assignments.is_empty() && program.is_empty() {
            return Err(CommandError::Empty);
        }
        Ok(Self::from_body(Body::Words(assignments, program)))
    }

    /// Creates the user's login shell in the workspace. If that directory is
    /// missing, the shell starts in the home directory, so that the user can
    /// investigate.
    #[must_use]
    pub fn shell() -> Self {
        Self::from_body(Body::Shell)
    }

    fn from_body(body: Body) -> Self {
        Self {
            dir: Some(CONTAINER_WORKSPACE.into()),
            fallback_dir: None,
            body,
            launch: LaunchMode::default(),
            env: Vec::new(),
            env_vars: EnvVars::default(),
            persistent_env: None,
            terminal_type: None,
            on_disconnect: OnDisconnect::default(),
        }
    }

    /// Sets the working directory. Default: the workspace.
    #[must_use]
    pub fn in_dir(mut self, dir: impl Into<OsString>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Runs in a directory of the workspace, or in the workspace if that
    /// directory is missing. A relative path is one of the workspace; an
    /// absolute path leads to another place of it.
    #[must_use]
    pub fn in_workspace_dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = Some(Path::new(CONTAINER_WORKSPACE).join(dir).into());
        self.fallback_dir = Some(CONTAINER_WORKSPACE.into());
        self
    }

    /// Runs in the directory in which the SSH server starts commands, the
    /// user's home directory. Hosts other than containers have no workspace.
    #[must_use]
    pub fn in_home(mut self) -> Self {
        self.dir = None;
        self
    }

    /// Sets how the program is started; ignored for a [`shell`](Self::shell).
    #[must_use]
    pub fn with_launch(mut self, launch: LaunchMode) -> Self {
        self.launch = launch;
        self
    }

    /// Returns how the program is started.
    #[must_use]
    pub fn launch(&self) -> LaunchMode {
        self.launch
    }

    /// Sends an environment variable with the request (RFC 4254 §6.4), hidden
    /// from `ps`. The server drops it silently unless `AcceptEnv` allows it;
    /// [`env_vars`](Self::env_vars) detects this.
    #[must_use]
    pub fn env(mut self, name: EnvName, value: impl Into<String>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// Sets environment variables, with values hidden from `ps`. A server that
    /// does not accept [`ENV_PAYLOAD_VAR`] runs nothing.
    #[must_use]
    pub fn env_vars(mut self, variables: EnvVars) -> Self {
        self.env_vars = variables;
        self
    }

    /// Sets environment variables that also apply to later sessions of other
    /// programs, in place of those that were set this way before. Variables of
    /// [`env_vars`](Self::env_vars) take precedence. An empty set removes the
    /// earlier ones.
    ///
    /// # Errors
    ///
    /// [`EnvVarsError::TooLong`]: together with [`env_vars`](Self::env_vars),
    /// they exceed the size limit of a variable in Linux.
    pub fn persist_env(mut self, kept: EnvVars) -> Result<Self, EnvVarsError> {
        match env_vars::persist_script(&kept, &self.env_vars).len() > MAX_PAYLOAD_LEN {
            true => Err(EnvVarsError::TooLong),
            false => {
                self.persistent_env = Some(kept);
                Ok(self)
            }
        }
    }

    /// Describes the type of terminal to a container that may not know it.
    #[must_use]
    pub fn with_terminal_type(mut self, terminal_type: TerminalType) -> Self {
        self.terminal_type = Some(terminal_type);
        self
    }

    /// Sets what happens when the connection is lost; ignored for
    /// [`LaunchMode::Detached`]. Default: [`OnDisconnect::Continue`].
    #[must_use]
    pub fn on_disconnect(mut self, on_disconnect: OnDisconnect) -> Self {
        self.on_disconnect = on_disconnect;
        self
    }

    /// Returns the command line for the remote shell.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let payload = match (self.variables_script(), &self.terminal_type) {
            (Some(_), _) => Payload::Required,
            (None, Some(_)) => Payload::Optional,
            (None, None) => Payload::None,
        };
        let on_disconnect = match self.launch {
            LaunchMode::Detached => OnDisconnect::Continue,
            _ => self.on_disconnect,
        };
        match (payload, on_disconnect) {
            (Payload::None, OnDisconnect::Continue) => self.plain_line(),
            _ => wrap(&self.plain_line(), payload, on_disconnect),
        }
    }

    /// The value of [`ENV_PAYLOAD_VAR`], if the command needs one. A variable of
    /// the user takes precedence over the type of terminal.
    fn env_payload(&self) -> Option<String> {
        let terminal = self.terminal_type.as_ref().map(TerminalType::script);
        let scripts: Vec<_> = terminal.into_iter().chain(self.variables_script()).collect();
        (!scripts.is_empty()).then(|| scripts.join("; "))
    }

    fn variables_script(&self) -> Option<String> {
        match &self.persistent_env {
            Some(kept) => Some(env_vars::persist_script(kept, &self.env_vars)),
            None => (!self.env_vars.is_empty()).then(|| self.env_vars.export_command()),
        }
    }

    fn plain_line(&self) -> Vec<u8> {
        let (command, between) = match &self.body {
            Body::Shell => (b"exec \"$SHELL\" -l".to_vec(), &b"; "[..]),
            Body::Words(assignments, program) => {
                (self.launch.wrap(assignments, program), &b" && "[..])
            }
        };
        let cd = |dir: &OsString| [b"cd ", &*quote::word(dir.as_bytes())].concat();
        match (&self.dir, &self.fallback_dir) {
            (Some(dir), Some(fallback)) => {
                [&cd(dir), &b" 2>/dev/null || "[..], &cd(fallback), between, &command].concat()
            }
            (Some(dir), None) => [&cd(dir), between, &command].concat(),
            (None, _) => command,
        }
    }

    pub(crate) fn request_env(&self) -> Vec<(EnvName, String)> {
        let mut env = self.env.clone();
        // The name is valid, so parsing it succeeds.
        if let (Some(payload), Ok(variable)) = (self.env_payload(), EnvName::parse(ENV_PAYLOAD_VAR))
        {
            env.push((variable, payload));
        }
        env
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("dir", &self.dir)
            .field("launch", &self.launch)
            .finish_non_exhaustive()
    }
}

/// Starts a program in a session of its own. `systemd-cat` executes the program
/// in its own process, so the printed process id is the program's.
const DETACH_SCRIPT: &str = "for program in systemd-cat \"$1\"; do \
    command -v \"$program\" >/dev/null \
    && case $program in */*) [ -f \"$program\" ] && [ -x \"$program\" ];; esac || { echo \"sh: $program: not found\" >&2; exit 127; }; \
    done; \
    exec setsid -f /bin/sh -c 'echo $$; exec systemd-cat --identifier=\"$0\" \"$@\"' \"$0\" \"$@\" </dev/null";

impl LaunchMode {
    fn wrap(self, assignments: &[(EnvName, OsString)], program: &[OsString]) -> Vec<u8> {
        match self {
            Self::Plain => simple_command(assignments, program),
            Self::Login => {
                let command = simple_command(assignments, program);
                [b"bash -lc ".to_vec(), quote::word(&command)].concat()
            }
            Self::Detached => {
                let starter =
                    ["/bin/sh", "-c", DETACH_SCRIPT, JOURNAL_IDENTIFIER].map(OsString::from);
                simple_command(assignments, &[&starter[..], program].concat())
            }
        }
    }
}

/// Returns assignments and words as one simple command (POSIX.1-2017 §2.9.1).
///
/// The program is quoted too, so it is never taken for a reserved word, an
/// alias or an assignment.
fn simple_command(assignments: &[(EnvName, OsString)], program: &[OsString]) -> Vec<u8> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for (name, value) in assignments {
        let mut part = format!("{name}=").into_bytes();
        part.extend(quote::word(value.as_bytes()));
        parts.push(part);
    }
    parts.extend(program.iter().map(|word| quote::word(word.as_bytes())));
    parts.join(&b' ')
}

fn parse_assignment(word: &OsString) -> Option<(EnvName, OsString)> {
    let bytes = word.as_bytes();
    let end = bytes.iter().position(|&b| b == b'=')?;
    let name = std::str::from_utf8(&bytes[..end]).ok()?;
    let value = OsString::from_vec(bytes[end + 1..].to_vec());
    Some((EnvName::parse(name).ok()?, value))
}

/// The error for words that do not form a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// No words are given.
    #[error("no command given")]
    Empty,
    /// A word contains a NUL byte, which no program argument can contain.
    #[error("an argument of the command contains a NUL byte")]
    Nul,
}

#[cfg(test)]
mod tests;
