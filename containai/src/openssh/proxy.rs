//! A byte stream to a container's SSH server, through its engine.

use std::io::ErrorKind;

use containai_core::engine::{Container, Engine as _, RunState};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::HostPort;
use containai_docker::DockerEngine;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::error::OperationError;
use crate::target::not_found;

/// The size of a chunk, in bytes.
const BUFFER_BYTES: usize = 64 * 1024;

/// Copies `input` to the SSH server of the container that is published on a port, and the server's
/// bytes to `output`, until the server closes the connection.
///
/// # Errors
///
/// - No running container has this port.
/// - Exit code [`exit::CANNOT_CONNECT`]: the server has not started, or the connection failed.
pub async fn relay_sshd(
    engine: &DockerEngine,
    port: HostPort,
    mut input: impl AsyncRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
) -> crate::Result<()> {
    let is_selected = |it: &Container| {
        it.labels.is_managed()
            && it.labels.ssh_port() == Some(port)
            && it.state == RunState::Running
    };
    let Some(container) = engine.containers().await?.into_iter().find(is_selected) else {
        return Err(not_found(&format!("no running container has port {port}")).into());
    };
    let stream = engine.connect_sshd(&container.id).await?;
    let (mut server_output, mut server_input) = tokio::io::split(stream);
    let mut first = vec![0; BUFFER_BYTES];
    let length = match server_output.read(&mut first).await {
        Ok(length) => length,
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            return Err(server_not_ready(&container.name, &error.to_string()).into());
        }
        Err(error) => return Err(error.into()),
    };
    let up = async {
        tokio::io::copy(&mut input, &mut server_input).await?;
        server_input.shutdown().await
    };
    let down = async {
        let mut chunk = &first[..length];
        let mut next = vec![0; BUFFER_BYTES];
        while !chunk.is_empty() {
            output.write_all(chunk).await?;
            output.flush().await?;
            let length = server_output.read(&mut next).await?;
            chunk = &next[..length];
        }
        Ok(())
    };
    // The end of the input is only passed on; the server ends the connection.
    tokio::pin!(down);
    let outcome: std::io::Result<()> = tokio::select! {
        outcome = &mut down => outcome,
        _ = up => down.await,
    };
    outcome
        .map_err(|error| OperationError::with_code(exit::CANNOT_CONNECT, error.to_string()).into())
}

fn server_not_ready(name: &str, reason: &str) -> OperationError {
    let message = format!("the SSH server of `{name}` has not started: {reason}");
    OperationError::with_code(exit::CANNOT_CONNECT, message)
        .hint(Hint::new("try again in a moment"))
}
