//! Scripts that run in a container as its user.

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
        let command = ["sh", "-c", script, "sh"].into_iter().chain(args.iter().copied());
        let options = CreateExecOptions {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            user: Some(AGENT_USER.to_owned()),
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
