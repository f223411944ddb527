//! The journal and the console of a container.

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use bollard::query_parameters::LogsOptionsBuilder;
use containai_core::engine::{ContainerId, EngineError};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};

use crate::engine::DockerEngine;
use crate::exec_status;
use crate::follow::Follow;

/// Runs journalctl until it ends, or until the reader disconnects: the engine then closes stdin,
/// whatever the cause, and nothing else would end journalctl. The arguments that follow are
/// journalctl's.
const FOLLOW_SCRIPT: &str = r#"journalctl "$@" & it=$!
exec 3<&0
{ cat <&3; kill $it; } >/dev/null 2>&1 &
wait $it"#;

impl DockerEngine {
    /// Streams the journal of a running container as arbitrary bytes. `args` are options of
    /// journalctl(1).
    ///
    /// # Errors
    ///
    /// The engine's error; the stream ends with one if the connection breaks.
    pub async fn journal(
        &self,
        id: &ContainerId,
        args: &[&str],
        follow: Follow,
    ) -> Result<impl Stream<Item = Result<Vec<u8>, EngineError>> + Send + '_, EngineError> {
        let mut command = match follow {
            Follow::On => vec!["sh", "-c", FOLLOW_SCRIPT, "sh"],
            Follow::Off => vec!["journalctl"],
        };
        command.push("--no-pager");
        command.extend(args);
        if follow == Follow::On {
            command.push("--follow");
        }
        let options = CreateExecOptions {
            attach_stdin: Some(follow == Follow::On),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            user: Some("0"),
            cmd: Some(command),
            ..Default::default()
        };
        let created = self.docker().create_exec(id.as_ref(), options).await;
        let exec = created.map_err(|error| self.map_error(error))?.id;
        let started = self.docker().start_exec(&exec, None::<StartExecOptions>).await;
        match started.map_err(|error| self.map_error(error))? {
            StartExecResults::Attached { output, input } => {
                // Dropping `input` closes stdin, so it lives as long as the stream.
                let output = output.map(move |chunk| {
                    let _open = &input;
                    chunk
                });
                Ok(exec_status::check_exit_status(self, exec, self.bytes(output), follow)
                    .left_stream())
            }
            StartExecResults::Detached => Ok(futures_util::stream::empty().right_stream()),
        }
    }

    /// Streams the console of a container, which also exists while the container is stopped.
    pub fn console(
        &self,
        id: &ContainerId,
        lines: Option<usize>,
        follow: Follow,
    ) -> impl Stream<Item = Result<Vec<u8>, EngineError>> + Send + '_ {
        let tail = lines.map_or_else(|| "all".to_owned(), |lines| lines.to_string());
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .follow(follow == Follow::On)
            .tail(&tail)
            .build();
        self.bytes(self.docker().logs(id.as_ref(), Some(options)))
    }

    fn bytes(
        &self,
        output: impl Stream<Item = Result<LogOutput, Error>> + Send,
    ) -> impl Stream<Item = Result<Vec<u8>, EngineError>> + Send {
        output.map_ok(|chunk| chunk.into_bytes().to_vec()).map_err(|error| self.map_error(error))
    }
}
