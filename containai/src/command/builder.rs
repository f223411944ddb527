//! A command that has not been started yet.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use containai_core::hint::Hint;
use containai_core::layout::{CONTAINER_HOME, CONTAINER_WORKSPACE};
use containai_ssh::{CommandControl, EnvVars, LaunchMode, Terminal, TerminalSize};

use super::child::Child;
use super::exit_status::ExitStatus;
use super::output::CommandOutput;
use super::stdio::{ChildStderr, ChildStdout, Stdio};
use crate::error::OperationError;
use crate::sandbox_handle::SandboxHandle;

/// The type of a terminal that was requested without one.
const DEFAULT_TERM: &str = "xterm-256color";

/// A command in a sandbox, after [`std::process::Command`] and
/// `tokio::process::Command`.
///
/// [`Sandbox::command`](crate::Sandbox::command) creates it. The user `agent`
/// runs it in the workspace, with the environment of an SSH session and the
/// variables that the configuration has for sessions. `Debug` omits arguments and variables,
/// which may be secret.
///
/// ```no_run
/// # async fn example(sandbox: containai::Sandbox) -> containai::Result<()> {
/// let output = sandbox.command("git").args(["log", "-1"]).env("TZ", "UTC").output().await?;
/// assert!(output.status.success());
/// # Ok(())
/// # }
/// ```
///
/// # Differences from the standard library
///
/// - The command runs on an SSH connection of its own, which
///   [`spawn`](Self::spawn) opens or reuses. Any number of commands run at the same
///   time.
/// - The environment of this process is not inherited.
/// - Paths in the container are absolute or relative to the home directory `/home/agent`, in
///   which the workspace is `workspace`.
/// - If the program or the directory is missing, the remote shell reports it on the standard
///   error and the status is not 0; `spawn` succeeds.
#[derive(Clone)]
pub struct Command {
    sandbox: Arc<SandboxHandle>,
    program: OsString,
    args: Vec<OsString>,
    env: BTreeMap<String, String>,
    dir: PathBuf,
    launch: LaunchMode,
    terminal: Terminal,
    stdin: Option<Stdio>,
    stdout: Option<Stdio>,
    stderr: Option<Stdio>,
    kill_on_drop: bool,
}

impl Command {
    pub(crate) fn new(sandbox: Arc<SandboxHandle>, program: &OsStr) -> Self {
        Self {
            sandbox,
            program: program.to_owned(),
            args: Vec::new(),
            env: BTreeMap::new(),
            dir: CONTAINER_WORKSPACE.into(),
            launch: LaunchMode::Plain,
            terminal: Terminal::None,
            stdin: None,
            stdout: None,
            stderr: None,
            kill_on_drop: false,
        }
    }

    /// Adds an argument, which reaches the program unchanged.
    pub fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments, which reach the program unchanged.
    pub fn args(&mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> &mut Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable of the command's environment. The value appears in no command line.
    pub fn env(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Sets variables of the command's environment.
    pub fn envs<N: Into<String>, V: Into<String>>(
        &mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> &mut Self {
        self.env.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Sets the working directory. Default: the workspace.
    pub fn current_dir(&mut self, dir: impl AsRef<Path>) -> &mut Self {
        self.dir = Path::new(CONTAINER_HOME).join(dir);
        self
    }

    /// Reads the user's login profile first, as `bash -lc` does. Default: no profile is read.
    pub fn login(&mut self) -> &mut Self {
        self.launch = LaunchMode::Login;
        self
    }

    /// Gives the command a terminal of this size, whose type is `xterm-256color`. Its standard
    /// error is then part of the standard output. Default: none.
    pub fn terminal(&mut self, size: TerminalSize) -> &mut Self {
        self.terminal = Terminal::Request { term: DEFAULT_TERM.to_owned(), size };
        self
    }

    /// Sets the standard input. Default: inherited; null for [`output`](Self::output).
    pub fn stdin(&mut self, stdio: Stdio) -> &mut Self {
        self.stdin = Some(stdio);
        self
    }

    /// Sets the standard output. Default: inherited; piped for [`output`](Self::output).
    pub fn stdout(&mut self, stdio: Stdio) -> &mut Self {
        self.stdout = Some(stdio);
        self
    }

    /// Sets the standard error. Default: inherited; piped for [`output`](Self::output).
    pub fn stderr(&mut self, stdio: Stdio) -> &mut Self {
        self.stderr = Some(stdio);
        self
    }

    /// Sends `SIGKILL` to the command when its [`Child`] is dropped before it has ended, and so
    /// when a future of [`status`](Self::status) or [`output`](Self::output) is dropped. Default:
    /// the command continues.
    pub fn kill_on_drop(&mut self, kill_on_drop: bool) -> &mut Self {
        self.kill_on_drop = kill_on_drop;
        self
    }

    /// Starts the command.
    ///
    /// Not cancel safe: if the future is dropped, the command may have been started.
    ///
    /// # Errors
    ///
    /// - [`Error::Operation`](crate::Error::Operation): the program, an argument or a variable is
    ///   invalid.
    /// - [`Error::Remote`](crate::Error::Remote), [`Error::Lifecycle`](crate::Error::Lifecycle): the
    ///   container cannot be reached.
    pub async fn spawn(&mut self) -> crate::Result<Child> {
        self.spawn_with([Stdio::inherit(); 3]).await
    }

    /// Runs the command to its end.
    ///
    /// # Errors
    ///
    /// Those of [`spawn`](Self::spawn) and [`Child::wait`].
    pub async fn status(&mut self) -> crate::Result<ExitStatus> {
        let mut child = self.spawn_with([Stdio::inherit(); 3]).await?;
        child.wait().await
    }

    /// Runs the command to its end and captures its output.
    ///
    /// # Errors
    ///
    /// Those of [`spawn`](Self::spawn) and [`Child::wait`].
    pub async fn output(&mut self) -> crate::Result<CommandOutput> {
        let streams = [Stdio::null(), Stdio::piped(), Stdio::piped()];
        self.spawn_with(streams).await?.wait_with_output().await
    }

    async fn spawn_with(&self, [stdin, stdout, stderr]: [Stdio; 3]) -> crate::Result<Child> {
        let command = self.to_ssh()?;
        let session = self.sandbox.session().await?;
        let (input, stdin) = self.stdin.unwrap_or(stdin).open_input()?;
        let inherited = containai_ssh::Stdio::inherit;
        let (output, stdout) = self.stdout.unwrap_or(stdout).open_output(|| inherited().output)?;
        let (error, stderr) = self.stderr.unwrap_or(stderr).open_output(|| inherited().error)?;
        let (control, receiver) = CommandControl::new();
        let (sandbox, terminal) = (Arc::clone(&self.sandbox), self.terminal.clone());
        let stdio =
            containai_ssh::Stdio::default().with_input(input).with_output(output).with_error(error);
        let task = tokio::spawn(async move {
            let outcome = sandbox.run(session, &command, terminal, stdio, receiver).await?;
            Ok(ExitStatus::from_outcome(outcome))
        });
        Ok(Child::new(
            stdin,
            stdout.map(ChildStdout),
            stderr.map(ChildStderr),
            control,
            task,
            self.kill_on_drop,
        ))
    }

    fn to_ssh(&self) -> crate::Result<containai_ssh::Command> {
        if self.program.is_empty() || self.program.as_bytes().contains(&b'=') {
            let message = format!("`{}` is not the name of a program", self.program.display());
            let hint = "set variables with `env`";
            return Err(OperationError::usage(message).hint(Hint::new(hint)).into());
        }
        let mut variables = EnvVars::default();
        for (name, value) in &self.env {
            let assigned = variables.assign(&format!("{name}={value}"), |_| None);
            assigned.map_err(|error| OperationError::usage(error.to_string()))?;
        }
        let words = std::iter::once(&self.program).chain(&self.args);
        let command = containai_ssh::Command::new(words)
            .map_err(|error| OperationError::usage(error.to_string()))?;
        let command = command.in_dir(&self.dir).env_vars(variables).with_launch(self.launch);
        self.sandbox.with_session_env(command)
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("program", &self.program)
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}
