use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::config::Flags;
use containai_core::engine::{Container, Engine as _, RunState};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::HostPort;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::app::App;
use containai::OperationError;
use containai::context::Context;
use containai::process_env::ProcessEnv;
use containai::target::not_found;

/// How much is passed on at once, in bytes.
const BUFFER_BYTES: usize = 64 * 1024;

/// Lead standard input and output to a container's SSH server, through its engine
///
/// This is what OpenSSH calls for containers of a `tcp://` engine; people have
/// no need to. Status 113 says that the server has not started yet.
#[derive(Debug, Args)]
pub(crate) struct SshProxyArgs {
    /// A directory with ca.pem, cert.pem and key.pem [default: `DOCKER_CERT_PATH`]
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,
    /// The port that the container is published on
    port: HostPort,
}

pub(super) async fn run(args: SshProxyArgs, app: &App) -> anyhow::Result<ExitCode> {
    let certificates = args.certificates.or_else(|| app.env.certificates.clone());
    let mut env: ProcessEnv = app.env.process().clone();
    env.certificates = certificates;
    let flags = Flags { docker_host: app.global.docker_host.clone(), ..Flags::default() };
    let engine = Context::new(&env, &app.reporter, flags, None)?.engine()?;
    let is_meant = |it: &Container| {
        it.labels.is_managed()
            && it.labels.ssh_port() == Some(args.port)
            && it.state == RunState::Running
    };
    let Some(container) = engine.containers().await?.into_iter().find(is_meant) else {
        return Err(not_found(&format!("no container runs behind port {}", args.port)).into());
    };
    let stream = engine.connect_sshd(&container.id).await?;
    let (mut far_output, mut far_input) = tokio::io::split(stream);
    let mut first = vec![0; BUFFER_BYTES];
    let length = match far_output.read(&mut first).await {
        Ok(length) => length,
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            return Err(server_not_ready(&container.name, &error.to_string()).into());
        }
        Err(error) => return Err(error.into()),
    };
    let mut output = tokio::io::stdout();
    let up = async {
        let mut input = tokio::io::stdin();
        tokio::io::copy(&mut input, &mut far_input).await?;
        far_input.shutdown().await
    };
    let down = async {
        let mut chunk = &first[..length];
        let mut next = vec![0; BUFFER_BYTES];
        while !chunk.is_empty() {
            output.write_all(chunk).await?;
            output.flush().await?;
            let length = far_output.read(&mut next).await?;
            chunk = &next[..length];
        }
        Ok(())
    };
    // The server's end is the end; ours only tells it to come to one.
    tokio::pin!(down);
    let outcome: std::io::Result<()> = tokio::select! {
        outcome = &mut down => outcome,
        _ = up => down.await,
    };
    outcome.map_err(|error| OperationError::with_code(exit::CANNOT_CONNECT, error.to_string()))?;
    Ok(ExitCode::SUCCESS)
}

fn server_not_ready(name: &str, said: &str) -> OperationError {
    OperationError::with_code(
        exit::CANNOT_CONNECT,
        format!("the SSH server of `{name}` has not started: {said}"),
    )
    .hint(Hint::new("try again in a moment"))
}
