//! Shared connections.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use containai_core::engine::ContainerId;
use containai_core::naming::HostPort;
use containai_core::remote::{HostKey, Remote};
use containai_ssh::mux::{Lease, LeaseError, MuxClient, Target};
use containai_ssh::{Command, ExitOutcome, Input, Output, SshRemote, Stdio, Terminal};

use crate::child::{SHARED_ENV, daemon_program};
use crate::pty::Pty;
use crate::sshd::{Sshd, container_name, make_host_key, sh};

/// The timeout of every wait.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A mux daemon in a process of its own, and a server.
pub(crate) struct TestDaemon {
    pub(crate) process: Child,
    pub(crate) client: MuxClient,
    pub(crate) target: Target,
}

impl TestDaemon {
    pub(crate) async fn start(sshd: &Sshd, idle_timeout: Duration) -> Result<Self> {
        let process = daemon_program(&sshd.home(), idle_timeout)?.spawn()?;
        let target = target(&sshd.remote, sshd.port).await?;
        let daemon = Self { process, client: mux_client(&sshd.remote), target };
        let is_there = || sshd.socket().exists();
        wait_until("socket", || Ok(is_there())).await?;
        Ok(daemon)
    }

    pub(crate) async fn lease(&self) -> Result<Lease> {
        lease(&self.client, &self.target).await
    }

    pub(crate) async fn run(&self, script: &str) -> Result<ExitOutcome> {
        Ok(self.lease().await?.exec(&sh(script)?, Terminal::None, Stdio::default()).await?)
    }
}

impl Drop for TestDaemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn mux_client(remote: &SshRemote) -> MuxClient {
    MuxClient::new(remote.clone(), "it")
}

/// Returns the target of a port, with the key that is pinned for it.
pub(crate) async fn target(remote: &SshRemote, port: HostPort) -> Result<Target> {
    let host_key = remote.pinned_host_key(port).await?.context("no key is pinned_host_key")?;
    Ok(Target::new("unix:///it", ContainerId::new("3f2a"), port, host_key))
}

/// Leases a connection as soon as a daemon is running; a loaded machine may be
/// slow.
pub(crate) async fn lease(mux_client: &MuxClient, target: &Target) -> Result<Lease> {
    let start = Instant::now();
    loop {
        match mux_client.lease(target).await {
            Ok(lease) => return Ok(lease),
            Err(error) if start.elapsed() > TEST_TIMEOUT => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

pub(crate) async fn wait_until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !is_so()? {
        if start.elapsed() > TEST_TIMEOUT {
            bail!("timed out waiting for {what}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

fn pipe() -> Result<(File, File)> {
    let (read, write) = std::io::pipe()?;
    Ok((OwnedFd::from(read).into(), OwnedFd::from(write).into()))
}

#[tokio::test]
async fn starting_the_daemon_prewarms_a_connection() -> Result<()> {
    let sshd = Sshd::start().await?;
    let (mux_client, target) = (mux_client(&sshd.remote), target(&sshd.remote, sshd.port).await?);
    assert_eq!(mux_client.lease(&target).await.unwrap_err(), LeaseError::NotRunning);
    mux_client.start_daemon(daemon_program(&sshd.home(), Duration::from_secs(2))?, &target)?;
    for status in [0, 1, 255] {
        let command = sh(&format!("exit {status}"))?;
        let lease = lease(&mux_client, &target).await?;
        let outcome = lease.exec(&command, Terminal::None, Stdio::default()).await?;
        assert_eq!(outcome, ExitOutcome::Status(status));
    }
    assert_eq!(sshd.connections()?, 1);
    Ok(())
}

#[tokio::test]
async fn streams_and_environment_are_passed() -> Result<()> {
    let sshd = Sshd::start().await?;
    let daemon = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    // From a file and from memory.
    let sent: Vec<u8> =
        (0_u32..1 << 20).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let (mut there, back) = (tempfile::tempfile()?, tempfile::tempfile()?);
    std::io::Write::write_all(&mut there, &sent)?;
    std::io::Seek::rewind(&mut there)?;
    for input in [Input::File(there.into()), Input::bytes(sent.clone())] {
        let mut copy = back.try_clone()?;
        copy.set_len(0)?;
        std::io::Seek::rewind(&mut copy)?;
        let stdio = Stdio::default()
            .with_input(input)
            .with_output(Output::Writer(Box::new(copy.try_clone()?)));
        let command = Command::new(["cat"])?.in_dir("/");
        let outcome = daemon.lease().await?.exec(&command, Terminal::None, stdio).await?;
        assert_eq!(outcome, ExitOutcome::Status(0));
        std::io::Seek::rewind(&mut copy)?;
        let mut came = Vec::new();
        std::io::Read::read_to_end(&mut copy, &mut came)?;
        assert!(came == sent, "{} bytes came back", came.len());
    }
    let command = sh("test \"$CAI_IT\" = \"a 'b'\"")?.env("CAI_IT".parse()?, "a 'b'");
    let outcome = daemon.lease().await?.exec(&command, Terminal::None, Stdio::default()).await?;
    assert_eq!(outcome, ExitOutcome::Status(0));
    assert_eq!(sshd.connections()?, 1);
    Ok(())
}

#[tokio::test]
async fn a_stalled_session_does_not_stall_another() -> Result<()> {
    let sshd = Sshd::start().await?;
    let daemon = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    let (read, write) = pipe()?;
    let stdio = Stdio::default().with_output(Output::from(write));
    let (lease, command) = (daemon.lease().await?, sh("yes")?);
    let stuck = tokio::spawn(async move { lease.exec(&command, Terminal::None, stdio).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    for _ in 0..3 {
        let start = Instant::now();
        assert_eq!(daemon.run("exit 5").await?, ExitOutcome::Status(5));
        assert!(start.elapsed() < Duration::from_secs(5));
    }
    assert_eq!(sshd.connections()?, 2);
    assert!(!stuck.is_finished());
    drop(read);
    assert_eq!(stuck.await??, ExitOutcome::OutputClosed);
    Ok(())
}

#[tokio::test]
async fn a_connection_is_leased_for_its_target_only() -> Result<()> {
    let sshd = Sshd::start().await?;
    let daemon = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    assert_eq!(daemon.run("true").await?, ExitOutcome::Status(0));
    let mut other = daemon.target.clone();
    other.container = ContainerId::new("77ab");
    drop(lease(&daemon.client, &other).await?);
    assert_eq!(sshd.connections()?, 2, "another container on the same port");
    // Another key is pinned now: open connections are not used any more.
    let key: HostKey = make_host_key(&sshd.dir.path().join("other_key"))?;
    sshd.remote.register(&container_name()?, sshd.port, &key).await?;
    for target in [daemon.target.clone(), target(&sshd.remote, sshd.port).await?] {
        let refused = daemon.client.lease(&target).await.unwrap_err();
        assert!(matches!(refused, LeaseError::Unavailable(_)), "{refused}");
        assert!(!refused.should_start_daemon());
    }
    Ok(())
}

#[tokio::test]
async fn a_terminal_works_as_on_a_dedicated_connection() -> Result<()> {
    let sshd = Sshd::start().await?;
    let _broker = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    let script = "trap 'echo interrupted' INT; trap 'stty size' WINCH; stty size; echo ready; \
                  until [ -n \"$line\" ]; do read -r line; done; echo \"got $line\"; exit 5";
    let mut pty = Pty::start(&sshd, script, &[(SHARED_ENV, "1")])?;
    let before = pty.modes()?;
    pty.wait_for("24 80\r\nready")?;
    assert!(pty.is_raw()?);
    pty.press(b"\x03")?;
    pty.wait_for("interrupted")?;
    pty.resize(132, 50)?;
    pty.press(b"\r")?;
    pty.wait_for("50 132")?;
    pty.press("äé\x7f\r".as_bytes())?;
    pty.wait_for("got ä")?;
    assert_eq!(pty.wait()?.code(), Some(5), "{}", pty.screen());
    assert_eq!(format!("{:?}", pty.modes()?), format!("{before:?}"));
    assert_eq!(sshd.connections()?, 1);
    Ok(())
}
