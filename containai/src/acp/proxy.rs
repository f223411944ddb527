//! An agent in a container, for an editor.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::time::Duration;

use containai_core::acp::{AcpAccess, AcpBridge, AcpPathMap};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::layout::CONTAINER_WORKSPACE;
use containai_core::naming::AgentName;
use containai_ssh::{Command, Input, Stdio, Terminal};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::launch::AcpAgent;
use super::pumps::AcpPumps;
use super::streams::AcpStreams;
use crate::error::OperationError;
use crate::session::{SessionRequest, Streams};

/// The time that an agent has to end when the editor has closed its streams.
const END_TIMEOUT: Duration = Duration::from_secs(10);
/// The time that the editor has to read the last messages.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs an agent for an editor, creating and starting the container as needed, and returns the agent's
/// exit status. When the editor closes a stream, the agent reads the end of its input; if it has not
/// ended after ten seconds, it is hung up and the status is [`exit::HUNG_UP`].
///
/// A thread that reads the editor's messages remains until they end.
///
/// # Errors
///
/// No manifest describes how the agent speaks the protocol, the container does not have it, or as
/// [`SessionRequest::run`].
pub async fn proxy(
    mut request: SessionRequest,
    agent: &AgentName,
    access: AcpAccess,
    client: AcpStreams,
) -> crate::Result<u8> {
    let agent = AcpAgent::find(agent, &request.context.env)?;
    request.required_agent = agent.required();
    let workspace = request.workspace().as_path().to_owned();
    let Some(host) = workspace.to_str() else {
        let message =
            format!("the workspace `{}` has a name that is not UTF-8", workspace.display());
        let hint = "rename the directory: messages of the protocol are Unicode";
        return Err(OperationError::usage(message).hint(Hint::new(hint)).into());
    };
    let bridge = AcpBridge::new(AcpPathMap::new(host, CONTAINER_WORKSPACE), access);
    let reporter = request.context.reporter.clone();
    let command = agent.command()?;
    let (agent_input, input) = io::pipe()?;
    let (output, agent_output) = io::pipe()?;
    let mut pumps = AcpPumps::start(bridge, client, input, output, reporter);
    let Stdio { signals, error, .. } = Stdio::inherit();
    let stdio = Stdio::default()
        .with_input(Input::File(agent_input.into()))
        .with_output(File::from(OwnedFd::from(agent_output)))
        .with_error(error)
        .with_signals(signals);
    let outcome = run_until_gone(request, &command, stdio, &mut pumps).await;
    let outcome = outcome.and_then(|status| match agent.missing_program(status) {
        Some(error) => Err(error.into()),
        None => Ok(status),
    });
    let failure = match &outcome {
        Ok(status) => format!("the agent ended with exit status {status}"),
        Err(error) => error.to_string(),
    };
    let _ = timeout(FLUSH_TIMEOUT, pumps.finish(&failure)).await;
    outcome
}

/// Runs the agent, and hangs it up if it has not ended some time after the editor is gone.
async fn run_until_gone(
    request: SessionRequest,
    command: &Command,
    stdio: Stdio,
    pumps: &mut AcpPumps,
) -> crate::Result<u8> {
    let (connected, mut is_connected) = watch::channel(false);
    let streams = Streams { terminal: Terminal::None, stdio };
    let run = request.run(command, streams, |_| {
        connected.send_replace(true);
        Ok(())
    });
    let hang_up = async {
        pumps.client_gone().await;
        // Without the container there is no agent that could end.
        let _ = is_connected.wait_for(|is_connected| *is_connected).await;
        sleep(END_TIMEOUT).await;
    };
    let mut run = pin!(run);
    tokio::select! {
        outcome = &mut run => outcome,
        () = hang_up => Ok(exit::HUNG_UP),
    }
}
