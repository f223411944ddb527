//! A running command.

use containai_ssh::{CommandControl, Signal, TerminalSize};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::JoinHandle;

use super::exit_status::ExitStatus;
use super::output::CommandOutput;
use super::stdio::{ChildStderr, ChildStdin, ChildStdout};

/// A running command, after `tokio::process::Child`.
///
/// A command whose piped output is not read blocks once the pipe is full.
///
/// # Dropping
///
/// Dropping the value does not end the command, unless
/// [`Command::kill_on_drop`](super::Command::kill_on_drop) was set. Its connection stays open until
/// it ends, or until the Tokio runtime shuts down. Piped streams that are dropped are closed: the
/// command reads the end of file and, when it writes, is ended by `SIGPIPE`.
#[derive(Debug)]
pub struct Child {
    /// The standard input, if it is piped.
    pub stdin: Option<ChildStdin>,
    /// The standard output, if it is piped.
    pub stdout: Option<ChildStdout>,
    /// The standard error, if it is piped.
    pub stderr: Option<ChildStderr>,
    control: CommandControl,
    state: ChildState,
    kill_on_drop: bool,
}

#[derive(Debug)]
enum ChildState {
    Running(JoinHandle<crate::Result<ExitStatus>>),
    Ended(ExitStatus),
    /// The error was returned before.
    Failed,
}

impl Child {
    pub(super) fn new(
        stdin: Option<ChildStdin>,
        stdout: Option<ChildStdout>,
        stderr: Option<ChildStderr>,
        control: CommandControl,
        task: JoinHandle<crate::Result<ExitStatus>>,
        kill_on_drop: bool,
    ) -> Self {
        let state = ChildState::Running(task);
        Self { stdin, stdout, stderr, control, state, kill_on_drop }
    }

    /// Closes a piped standard input, waits until the command has ended, and returns its status.
    /// Later calls return the same status.
    ///
    /// Cancel safe: if the future is dropped, another call continues to wait.
    ///
    /// # Errors
    ///
    /// [`Error::Remote`](crate::Error::Remote): the connection failed, so that the progress of the
    /// command is unknown, or the server refused the command or the terminal. Later calls return an
    /// error without the cause.
    pub async fn wait(&mut self) -> crate::Result<ExitStatus> {
        drop(self.stdin.take());
        let outcome = match &mut self.state {
            ChildState::Running(task) => task.await.map_err(crate::Error::from).flatten(),
            ChildState::Ended(status) => return Ok(*status),
            ChildState::Failed => {
                return Err(crate::Error::failed("the status of the command is unknown"));
            }
        };
        self.state = match outcome {
            Ok(status) => ChildState::Ended(status),
            Err(_) => ChildState::Failed,
        };
        outcome
    }

    /// Returns the status if the command has ended. Does not wait, and leaves the standard input
    /// open.
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Self::wait).
    pub async fn try_wait(&mut self) -> crate::Result<Option<ExitStatus>> {
        match &self.state {
            ChildState::Running(task) if !task.is_finished() => Ok(None),
            _ => self.wait().await.map(Some),
        }
    }

    /// Waits until the command has ended, and returns its status and all of its piped output.
    ///
    /// Not cancel safe: output that was read is lost if the future is dropped.
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Self::wait), and [`Error::Io`](crate::Error::Io).
    pub async fn wait_with_output(mut self) -> crate::Result<CommandOutput> {
        let (out, err) = (self.stdout.take(), self.stderr.take());
        let (stdout, stderr, status) = tokio::try_join!(read_all(out), read_all(err), self.wait())?;
        Ok(CommandOutput { status, stdout, stderr })
    }

    /// Sends a signal to the command's process group. A command that has ended ignores it.
    ///
    /// The signal is sent when the future completes, and has no answer: [`wait`](Self::wait) for the
    /// effect. Cancel safe.
    pub async fn kill(&self, signal: Signal) {
        self.control.signal(signal).await;
    }

    /// Sets the size of the command's terminal, which it learns through `SIGWINCH`. A command
    /// without a terminal, or whose standard input has ended, ignores it. Cancel safe.
    pub async fn resize(&self, size: TerminalSize) {
        self.control.resize(size).await;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.kill_on_drop && matches!(self.state, ChildState::Running(_)) {
            self.control.try_signal(Signal::Kill);
        }
    }
}

async fn read_all(stream: Option<impl AsyncRead + Unpin>) -> crate::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        stream.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}
