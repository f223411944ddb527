//! Hosts other than containers: any name, any port, any byte stream.

use std::net::TcpListener;
use std::process::Stdio as Streams;

use anyhow::{Context, Result};
use containai_core::layout::Layout;
use containai_core::remote::{HostKey, Remote, RemoteError};
use containai_ssh::{Command, ExitOutcome, Input, SshIdentity, SshServer, Transport};
use tokio::process::{Child, Command as Program};

use crate::hostile_flow::pseudo_random_bytes;
use crate::sshd::{SSHD, Sshd, current_user, free_port, make_host_key, sh};

/// Returns the server, and the client's identity.
fn server_of(sshd: &Sshd) -> Result<(SshServer, SshIdentity)> {
    let (name, user) = ("localhost".to_owned(), current_user()?);
    let host = SshServer::new(name, sshd.port, user, sshd.host_key.clone());
    let identity = Layout::new(&sshd.home(), None, None).identity();
    Ok((host, SshIdentity::read(identity)?))
}

/// Starts a server without a port, on the streams of a child process. It rekeys
/// frequently.
fn transport_over_child(sshd: &Sshd) -> Result<(Child, Transport)> {
    let mut child = Program::new(SSHD)
        .args(["-i", "-e", "-oRekeyLimit=1M", "-f"])
        .arg(sshd.dir.path().join("sshd_config"))
        .stdin(Streams::piped())
        .stdout(Streams::piped())
        .stderr(Streams::null())
        .kill_on_drop(true)
        .spawn()?;
    let output = child.stdout.take().context("no output")?;
    let input = child.stdin.take().context("no input")?;
    Ok((child, Transport::over(tokio::io::join(output, input))))
}

async fn run_pwd(session: &containai_ssh::Session) -> Result<String> {
    let command = Command::new(["sh", "-c", "pwd; exit 3"])?.in_home();
    let captured = session.output(&command, Input::Null).await?;
    assert_eq!(captured.outcome, ExitOutcome::Status(3));
    Ok(String::from_utf8(captured.stdout)?)
}

/// Returns a changed copy.
fn with(server: &SshServer, change: impl FnOnce(&mut SshServer)) -> SshServer {
    let mut server = server.clone();
    change(&mut server);
    server
}

#[tokio::test]
async fn a_command_runs_in_the_home_directory() -> Result<()> {
    let sshd = Sshd::start().await?;
    let (host, identity) = server_of(&sshd)?;
    let home = nix::unistd::User::from_name(&host.user)?.context("no such user")?.dir;
    let session = host.connect(&identity).await?;
    assert_eq!(run_pwd(&session).await?, format!("{}\n", home.display()));
    session.close().await;
    Ok(())
}

#[tokio::test]
async fn a_child_process_is_a_transport() -> Result<()> {
    let sshd = Sshd::start().await?;
    let (host, identity) = server_of(&sshd)?;
    let (_child, transport) = transport_over_child(&sshd)?;
    let session = host.connect_over(transport, &identity).await?;
    run_pwd(&session).await?;
    // Large data in both directions, through pipes with a small capacity.
    let much = pseudo_random_bytes(5 << 20);
    let captured = session.output(&sh("cat")?, Input::bytes(much.clone())).await?;
    assert!(captured.stdout == much);

    // The port of a container works with any transport, too.
    let (_child, transport) = transport_over_child(&sshd)?;
    let session = sshd.remote.authenticate(transport, sshd.port).await?;
    run_pwd(&session).await?;

    // The host key is checked there as well.
    let (_child, transport) = transport_over_child(&sshd)?;
    let other = make_host_key(&sshd.dir.path().join("other"))?;
    let error = SshServer::new(host.name, host.port, host.user, other)
        .connect_over(transport, &identity)
        .await
        .unwrap_err();
    assert!(matches!(error, RemoteError::HostKeyMismatch { .. }), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn an_exited_child_is_a_connection_error() -> Result<()> {
    let sshd = Sshd::start().await?;
    let (host, identity) = server_of(&sshd)?;
    let (mut child, transport) = transport_over_child(&sshd)?;
    let session = host.connect_over(transport, &identity).await?;
    let command = sh("sleep 60")?;
    let (outcome, killed) = tokio::join!(session.output(&command, Input::Null), child.kill());
    killed?;
    let error = outcome.unwrap_err();
    assert!(matches!(error, RemoteError::Connection { .. }), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn refusals_name_the_host() -> Result<()> {
    let sshd = Sshd::start().await?;
    let (host, identity) = server_of(&sshd)?;
    let error = |host: SshServer, identity: SshIdentity| async move {
        let port = format!(":{}", host.port);
        let error = host.connect(&identity).await.expect_err("it is refused");
        (error.to_string().replace(&port, ":PORT"), error)
    };

    let other = make_host_key(&sshd.dir.path().join("other"))?;
    let (shown, mismatch) = error(with(&host, |it| it.key = other), identity.clone()).await;
    let RemoteError::HostKeyMismatch { pinned, presented, .. } = mismatch else {
        panic!("{mismatch:?}");
    };
    let expected = "host key on `localhost:PORT` is";
    assert_eq!(shown, format!("{expected} `{presented}`, but `{pinned}` is pinned"));

    let stranger = sshd.dir.path().join("stranger");
    make_host_key(&stranger)?;
    let (shown, _) = error(host.clone(), SshIdentity::read(&stranger)?).await;
    let expected = "the SSH server on `localhost:PORT` does not accept the key";
    assert_eq!(shown, format!("{expected} `{}`", stranger.display()));

    let port = free_port()?;
    let closed = with(&host, |it| it.port = port);
    let (shown, _) = error(closed, identity.clone()).await;
    assert_eq!(shown, "the SSH connection to `localhost:PORT` failed");

    let nowhere = with(&host, |it| it.name = "host.invalid".to_owned());
    let (shown, _) = error(nowhere, identity.clone()).await;
    assert_eq!(shown, "the SSH connection to `host.invalid:PORT` failed");
    Ok(())
}

#[tokio::test]
async fn a_silent_host_times_out() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port().to_string().parse()?;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("key");
    let key: HostKey = make_host_key(&path)?;
    let host = SshServer::new("127.0.0.1", port, "nobody", key);
    let start = std::time::Instant::now();
    let error = host.connect(&SshIdentity::read(path)?).await.unwrap_err();
    assert!(matches!(error, RemoteError::NotReady { .. }), "{error:?}");
    assert!((10..15).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    Ok(())
}
