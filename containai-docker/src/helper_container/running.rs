use std::pin::Pin;

use bollard::container::{AttachContainerResults, LogOutput};
use bollard::errors::Error;
use bollard::query_parameters::AttachContainerOptionsBuilder;
use bytes::Bytes;
use containai_core::console_text::without_escapes;
use containai_core::engine::{ContainerId, EngineError};
use futures_util::{Stream, TryStreamExt as _};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::container::HelperContainer;
use super::spec::HelperSpec;
use crate::container;
use crate::engine::DockerEngine;

/// Maximum size of a helper's standard error that is kept, in bytes.
const MAX_STDERR_SIZE: usize = 64 << 10;

/// A started helper container, attached to its streams. [`Self::remove`] has to follow.
pub(crate) struct RunningHelper<'a> {
    container: HelperContainer<'a>,
    output: Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>,
    input: Pin<Box<dyn AsyncWrite + Send>>,
    stderr: Vec<u8>,
}

impl<'a> RunningHelper<'a> {
    /// Creates the container, attaches to its streams and starts its program; removes the container
    /// if that fails.
    pub(crate) async fn start(
        engine: &'a DockerEngine,
        spec: HelperSpec,
    ) -> Result<Self, EngineError> {
        let container = HelperContainer::create(engine, spec).await?;
        let docker = engine.docker();
        let options = AttachContainerOptionsBuilder::default()
            .stdin(true)
            .stdout(true)
            .stderr(true)
            .stream(true)
            .build();
        let attached = docker.attach_container(container.id().as_ref(), Some(options)).await;
        let AttachContainerResults { output, input } = match attached {
            Ok(attached) => attached,
            Err(error) => return Err(container.abandon(error).await),
        };
        match container::start(docker, container.id()).await {
            Ok(()) => Ok(Self { container, output, input, stderr: Vec::new() }),
            Err(error) => Err(container.abandon(error).await),
        }
    }

    pub(crate) fn id(&self) -> &ContainerId {
        self.container.id()
    }

    fn engine(&self) -> &'a DockerEngine {
        self.container.engine()
    }

    /// Writes to standard input. An error is ignored: the helper has exited then, and its status is
    /// the reason.
    pub(crate) async fn write_input(&mut self, bytes: &[u8]) {
        let _ = self.input.write_all(bytes).await;
        let _ = self.input.flush().await;
    }

    /// Takes the standard input; nothing can be written to the helper afterwards.
    pub(crate) fn take_input(&mut self) -> Pin<Box<dyn AsyncWrite + Send>> {
        std::mem::replace(&mut self.input, Box::pin(tokio::io::sink()))
    }

    /// Returns the next chunk of standard output; `None` at its end. Standard error is kept.
    pub(crate) async fn next_stdout(&mut self) -> Result<Option<Bytes>, EngineError> {
        let engine = self.engine();
        while let Some(output) =
            self.output.try_next().await.map_err(|error| engine.map_error(error))?
        {
            match output {
                LogOutput::StdOut { message } => return Ok(Some(message)),
                output => self.push_stderr(output.as_ref()),
            }
        }
        Ok(None)
    }

    /// Reads both streams to their end, and keeps them as standard error.
    pub(crate) async fn drain_output(&mut self) -> Result<(), EngineError> {
        let engine = self.engine();
        while let Some(output) =
            self.output.try_next().await.map_err(|error| engine.map_error(error))?
        {
            self.push_stderr(output.as_ref());
        }
        Ok(())
    }

    /// Returns the standard error by line, without control characters.
    pub(crate) fn stderr_lines(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.stderr);
        let text = without_escapes(&text);
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(|line| line.replace(char::is_control, "\u{fffd}")).collect()
    }

    /// Waits for the helper to exit and returns its status.
    pub(crate) async fn wait_exit(&mut self) -> Result<i64, EngineError> {
        let engine = self.engine();
        let exited = container::wait_exit(engine.docker(), self.id()).await;
        exited.map_err(|error| engine.map_error(error))
    }

    /// Removes the helper; see [`HelperContainer::remove`].
    pub(crate) async fn remove(self) -> Result<(), EngineError> {
        self.container.remove().await
    }

    /// Appends to the kept standard error, up to its maximum size.
    fn push_stderr(&mut self, message: &[u8]) {
        let free = MAX_STDERR_SIZE - self.stderr.len();
        self.stderr.extend_from_slice(&message[..message.len().min(free)]);
    }
}
