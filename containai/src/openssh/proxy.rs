//! A byte stream to a container's SSH server: the `ProxyCommand` of OpenSSH.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::OwnedFd;
use std::str::FromStr as _;
use std::thread;

use containai_core::config::{Config, Flags};
use containai_core::engine::{Container, Engine as _, RunState};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::{Connected, Refusal};
use containai_core::naming::HostPort;
use containai_core::remote::Remote as _;
use containai_docker::{DockerEngine, EngineAddress};
use containai_ssh::{SshRemote, Transport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::context::Context;
use crate::error::OperationError;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::session::SessionRequest;
use crate::target::not_found;

/// The size of a chunk, in bytes.
const BUFFER_BYTES: usize = 64 * 1024;

/// Connects `input` and `output` to the SSH server of the container that is
/// published on a port, until the server closes the connection.
///
/// A port of this machine is used directly, and its container is started as needed. A `tcp://` engine
/// connects to the server of a running container. `connected` is called once there is a connection:
/// all later messages are OpenSSH's.
///
/// # Errors
///
/// - No container has this port, or it cannot be started.
/// - Exit code [`exit::CANNOT_CONNECT`]: the server has not started, or the connection failed.
pub async fn connect_streams(
    port: HostPort,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
    (input, output): (OwnedFd, OwnedFd),
    connected: impl FnOnce(),
) -> crate::Result<()> {
    let streams = (File::from(input), File::from(output));
    let address = flags.docker_host.as_deref().map(EngineAddress::from_str);
    // Plain `ssh` waits for this, so a server that answers needs neither configuration nor engine.
    if let Some(Ok(EngineAddress::Unix(_))) = address
        && let Some(transport) = connect_now(port, env).await
    {
        connected();
        return relay(transport, streams);
    }
    let context = Context::new(env, reporter, flags.clone(), None)?;
    let engine = context.engine()?;
    let container = find(&engine, port).await?;
    match context.address.is_remote() {
        true => relay_through_engine(&engine, &container, streams, connected).await,
        false => {
            check_auto_start(&container, &context.config)?;
            let transport = start(&container, flags, env, reporter).await?;
            connected();
            relay(transport, streams)
        }
    }
}

async fn connect_now(port: HostPort, env: &ProcessEnv) -> Option<Transport> {
    SshRemote::new(env.layout.clone()).connect_now(port).await
}

async fn find(engine: &DockerEngine, port: HostPort) -> crate::Result<Container> {
    let has_port = |it: &Container| it.labels.is_managed() && it.labels.ssh_port() == Some(port);
    let found = engine.containers().await?.into_iter().find(has_port);
    Ok(found.ok_or_else(|| not_found(&format!("no container has port {port}")))?)
}

/// Refuses to start a container if the user has turned that off: an editor in the background may
/// connect again and again.
fn check_auto_start(container: &Container, config: &Config) -> Result<(), OperationError> {
    if config.auto_start.value || container.state == RunState::Running {
        return Ok(());
    }
    let message = format!("container `{}` is stopped, and `ssh.auto_start` is off", container.name);
    let hint = format!("start it with `cai exec --container {} -- true`", container.name);
    Err(OperationError::with_code(exit::CONTAINER_NOT_STARTED, message).hint(Hint::new(hint)))
}

/// Starts the container, and connects to it. Its port may have moved.
async fn start(
    container: &Container,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Transport> {
    let request = SessionRequest::existing(container, flags.clone(), env, reporter)?;
    let Connected { container, connection } = request.connect_existing().await?;
    connection.close().await;
    let no_port = || Refusal::NoPort { name: container.name.clone() };
    let port = container.labels.ssh_port().ok_or_else(no_port)?;
    Ok(SshRemote::new(env.layout.clone()).wait_ready(port).await?)
}

/// Copies in both directions.
fn relay(transport: Transport, (input, mut output): (File, File)) -> crate::Result<()> {
    let stream = transport.into_tcp()?.ok_or(ErrorKind::Unsupported).map_err(io::Error::from)?;
    let server = stream.try_clone()?;
    // The end of the input is only passed on; the server ends the connection.
    thread::Builder::new().name("ssh-input".to_owned()).spawn(move || send(&input, &server))?;
    match copy(&stream, &mut output) {
        // OpenSSH has closed the connection.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(connection_lost(&error).into()),
        _ => Ok(()),
    }
}

fn send(input: &File, server: &TcpStream) {
    // An error ends the connection, which the other direction reports.
    let _ = copy(input, server);
    let _ = server.shutdown(Shutdown::Write);
}

/// Copies until the end of the input. `io::copy` would use splice(2), which returns 0 for a TCP
/// connection that has just received data.
fn copy(mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => to.write_all(&buffer[..length])?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

async fn relay_through_engine(
    engine: &DockerEngine,
    container: &Container,
    (input, output): (File, File),
    connected: impl FnOnce(),
) -> crate::Result<()> {
    if container.state != RunState::Running {
        return Err(not_found(&format!("container `{}` is not running", container.name)).into());
    }
    let (mut input, mut output) =
        (tokio::fs::File::from_std(input), tokio::fs::File::from_std(output));
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
    connected();
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
    let outcome: io::Result<()> = tokio::select! {
        outcome = &mut down => outcome,
        _ = up => down.await,
    };
    outcome.map_err(|error| connection_lost(&error).into())
}

fn connection_lost(error: &io::Error) -> OperationError {
    OperationError::with_code(exit::CANNOT_CONNECT, error.to_string())
}

fn server_not_ready(name: &str, reason: &str) -> OperationError {
    let message = format!("the SSH server of `{name}` has not started: {reason}");
    OperationError::with_code(exit::CANNOT_CONNECT, message)
        .hint(Hint::new("try again in a moment"))
}
