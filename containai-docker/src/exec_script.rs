//! Scripts that run in a container.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use containai_core::engine::{ContainerId, EngineError};
use containai_core::layout;
use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::engine::DockerEngine;

/// The user `agent` of every image, by number: the engine would look up a name in a file of the
/// container.
const AGENT_USER: &str = "1000:1000";
/// The root of the container.
const ROOT_USER: &str = "0:0";
/// Appends a line to the file of public keys, unless it has the line.
const AUTHORIZE_SCRIPT: &str = "set -e; umask 022; mkdir -p \"${1%/*}\"; \
    grep -qxF -- \"$2\" \"$1\" 2>/dev/null || printf '%s\\n' \"$2\" >> \"$1\"";
/// Maximum size of the output that is kept, in bytes.
const MAX_OUTPUT_SIZE: usize = 4096;
/// Timeout of a script; the container decides whether it ends.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(30);

impl DockerEngine {
    /// Runs an sh(1) script in the workspace of a running container with `input` on its standard
    /// input. Returns its exit status and its output, truncated to 4 KiB; the status is `None` if
    /// it took longer than 30 seconds. The container controls both values.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn run_script(
        &self,
        id: &ContainerId,
        script: &str,
        args: &[&str],
        input: &[u8],
    ) -> Result<(Option<i64>, String), EngineError> {
        self.run_script_as(AGENT_USER, id, script, args, input).await
    }

    /// Adds a public key to those that the sshd of a running container accepts. The file system of a
    /// running container is read-only for the engine (see `runtime`), so a script in it does this.
    pub(crate) async fn append_authorized_key(
        &self,
        id: &ContainerId,
        key: &str,
    ) -> Result<(), EngineError> {
        let args = [layout::CONTAINER_AUTHORIZED_KEYS, key.trim_end()];
        match self.run_script_as(ROOT_USER, id, AUTHORIZE_SCRIPT, &args, b"").await? {
            (Some(0), _) => Ok(()),
            (_, output) => {
                let message = format!("cannot write `{}`: {}", args[0], output.escape_debug());
                Err(EngineError::Refused { status: 0, message })
            }
        }
    }

    async fn run_script_as(
        &self,
        user: &str,
        id: &ContainerId,
        script: &str,
        args: &[&str],
        input: &[u8],
    ) -> Result<(Option<i64>, String), EngineError> {
        let command = ["sh", "-c", script, "sh"].into_iter().chain(args.iter().copied());
        let options = CreateExecOptions {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            user: Some(user.to_owned()),
            env: Some(vec![format!("HOME={}", layout::CONTAINER_HOME)]),
            working_dir: Some(layout::CONTAINER_WORKSPACE.to_owned()),
            cmd: Some(command.map(str::to_owned).collect()),
            ..Default::default()
        };
        let created = self.docker().create_exec(id.as_ref(), options).await;
        let exec = created.map_err(|error| self.map_error(error))?.id;
        let started = self.docker().start_exec(&exec, None::<StartExecOptions>).await;
        let started = started.map_err(|error| self.map_error(error))?;
        let StartExecResults::Attached { mut output, input: mut stdin } = started else {
            return Ok((None, String::new()));
        };
        let mut text = Vec::new();
        let feed = async {
            // The script may end without reading all of its input.
            let _ = stdin.write_all(input).await;
            let _ = stdin.shutdown().await;
        };
        let read = async {
            while let Some(Ok(chunk)) = output.next().await {
                let (LogOutput::StdOut { message } | LogOutput::StdErr { message }) = chunk else {
                    continue;
                };
                let free = MAX_OUTPUT_SIZE.saturating_sub(text.len());
                text.extend_from_slice(&message[..message.len().min(free)]);
            }
        };
        let is_over = timeout(SCRIPT_TIMEOUT, async { tokio::join!(feed, read) }).await.is_ok();
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        if !is_over {
            return Ok((None, text));
        }
        let ended =
            self.docker().inspect_exec(&exec).await.map_err(|error| self.map_error(error))?;
        Ok((ended.exit_code, text))
    }
}
