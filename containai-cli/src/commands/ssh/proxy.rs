use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai::context::Context;
use containai::openssh;
use containai_core::naming::HostPort;

use crate::app::App;

/// Connect standard input and output to a container's SSH server, through its engine
///
/// OpenSSH runs this command for containers of a `tcp://` engine. Status 113
/// means that the server has not started yet.
#[derive(Debug, Args)]
pub(super) struct SshProxyArgs {
    /// Directory with ca.pem, cert.pem and key.pem [default: `DOCKER_CERT_PATH`]
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,
    /// Published port of the container
    port: HostPort,
}

pub(super) async fn run(args: SshProxyArgs, app: &App) -> anyhow::Result<ExitCode> {
    let certificates = args.certificates.or_else(|| app.env.certificates.clone());
    let mut env = app.env.process().clone();
    env.certificates = certificates;
    let engine = Context::new(&env, &app.reporter, app.global.flags(), None)?.engine()?;
    openssh::relay_sshd(&engine, args.port, tokio::io::stdin(), tokio::io::stdout()).await?;
    Ok(ExitCode::SUCCESS)
}
