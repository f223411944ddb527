use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use clap::Args;
use containai::openssh;
use containai_core::naming::HostPort;

use crate::app::App;

/// Connect standard input and output to a container's SSH server
///
/// OpenSSH runs this command. It starts a stopped container of this machine,
/// and connects to containers of a `tcp://` engine through that engine. Status
/// 113 means that the server has not started yet.
#[derive(Debug, Args)]
pub(super) struct SshProxyArgs {
    /// Directory with ca.pem, cert.pem and key.pem [default: `DOCKER_CERT_PATH`]
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,
    /// Published port of the container
    port: HostPort,
}

pub(super) async fn run(args: SshProxyArgs, app: &App) -> anyhow::Result<()> {
    let certificates = args.certificates.or_else(|| app.env.certificates.clone());
    let mut env = (*app.env).clone();
    env.certificates = certificates;
    let streams =
        (io::stdin().as_fd().try_clone_to_owned()?, io::stdout().as_fd().try_clone_to_owned()?);
    let flags = app.global.flags();
    let connected = close_inherited_stderr;
    openssh::connect_streams(args.port, &flags, &env, &app.reporter, streams, connected).await?;
    Ok(())
}

/// Closes the stderr that OpenSSH passes on: `ssh -f` in a script would keep it open, and the script
/// would wait for its end. A client that gave this process a stderr of its own keeps it: AsyncSSH takes
/// its end for the end of the connection.
fn close_inherited_stderr() {
    let identity = |path: String| fs::metadata(path).map(|it| (it.dev(), it.ino())).ok();
    let parent = identity(format!("/proc/{}/fd/2", nix::unistd::getppid()));
    if parent.is_some()
        && parent == identity("/proc/self/fd/2".to_owned())
        && let Ok(null) = File::options().write(true).open("/dev/null")
    {
        // Without it, only that script waits.
        let _ = nix::unistd::dup2_stderr(null);
    }
}
