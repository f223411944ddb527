//! Shared connections when a client, daemon or server fails.

use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command as Program, Stdio as Streams};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use containai_ssh::mux::{LeaseError, MuxClient};
use containai_ssh::{ExitOutcome, Stdio, Terminal};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};

use crate::child::{HANG_UP_ENV, MARK, SHARED_ENV, probe_argv, session_argv};
use crate::mux::{TEST_TIMEOUT, TestDaemon, lease, wait_until};
use crate::pty::Pty;
use crate::sshd::{Sshd, sh};

/// A client in a process of its own, whose stdin stays open.
fn client(sshd: &Sshd, script: &str, variable: &str) -> Result<Child> {
    let words = session_argv()?;
    let mut program = Program::new(&words[0]);
    program.args(&words[1..]).env("IT_HOME", sshd.home()).env("IT_PORT", sshd.port.to_string());
    program.env("IT_SCRIPT", script).env(variable, "1");
    Ok(program.stdin(Streams::piped()).stdout(Streams::null()).spawn()?)
}

fn send(process: &Child, signal: Signal) -> Result<()> {
    Ok(kill(Pid::from_raw(process.id().try_into()?), signal)?)
}

/// Returns a script that writes its process id and runs until its stdin ends.
fn waiting_script(sshd: &Sshd) -> (String, std::path::PathBuf) {
    let path = sshd.dir.path().join("pid");
    (format!("echo $$ > '{}'; exec cat", path.display()), path)
}

fn is_alive(pid_file: &std::path::Path) -> Result<bool> {
    let pid = fs::read_to_string(pid_file)?;
    // A killed process exists until its new parent has noticed.
    let status = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    Ok(status.is_ok_and(|status| !status.contains(") Z ")))
}

/// Returns a script that uses no stream, and waits for a process of its own
/// whose id it writes.
fn deaf_script(sshd: &Sshd) -> (String, std::path::PathBuf) {
    let path = sshd.dir.path().join("pid");
    let script = "exec </dev/null >/dev/null 2>&1; sleep 1000 & echo $! > ";
    (format!("{script}'{}'; wait", path.display()), path)
}

#[tokio::test]
async fn killing_a_client_hangs_up_a_command_that_uses_no_stream() -> Result<()> {
    let sshd = Sshd::start().await?;
    let (script, pid_file) = deaf_script(&sshd);
    let mut client = client(&sshd, &script, HANG_UP_ENV)?;
    wait_until("process id", || Ok(fs::read(&pid_file).is_ok_and(|text| !text.is_empty()))).await?;
    client.kill()?;
    client.wait()?;
    wait_until("end of the command", || Ok(!is_alive(&pid_file)?)).await
}

#[tokio::test]
async fn killing_a_client_ends_its_command() -> Result<()> {
    let sshd = Sshd::start().await?;
    let daemon = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    let (script, pid_file) = waiting_script(&sshd);
    let mut client = client(&sshd, &script, SHARED_ENV)?;
    wait_until("process id", || Ok(fs::read(&pid_file).is_ok_and(|text| !text.is_empty()))).await?;
    let input = client.stdin.take();
    client.kill()?;
    client.wait()?;
    wait_until("end of the command", || Ok(!is_alive(&pid_file)?)).await?;
    drop(input);
    assert_eq!(daemon.run("exit 6").await?, ExitOutcome::Status(6));
    Ok(())
}

#[tokio::test]
async fn a_killed_daemon_is_a_connection_error() -> Result<()> {
    let sshd = Sshd::start().await?;
    let mut daemon = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    let mut pty = Pty::start(&sshd, "echo ready; sleep 60", &[(SHARED_ENV, "1")])?;
    pty.wait_for("ready")?;
    daemon.process.kill()?;
    daemon.process.wait()?;
    assert_eq!(pty.wait()?.code(), Some(99));
    pty.wait_for("the mux daemon has exited")?;
    assert!(!pty.is_raw()?);
    // The socket exists, without a listener.
    assert_eq!(daemon.client.lease(&daemon.target).await.unwrap_err(), LeaseError::NotRunning);
    let next = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    assert_eq!(next.run("exit 6").await?, ExitOutcome::Status(6));
    Ok(())
}

#[tokio::test]
async fn a_stopped_daemon_times_out() -> Result<()> {
    let sshd = Sshd::start().await?;
    let daemon = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    assert_eq!(daemon.run("true").await?, ExitOutcome::Status(0));
    send(&daemon.process, Signal::SIGSTOP)?;
    let status = format!("/proc/{}/stat", daemon.process.id());
    wait_until("stop", || Ok(fs::read_to_string(&status)?.contains(") T "))).await?;
    let start = Instant::now();
    assert_eq!(daemon.client.lease(&daemon.target).await.unwrap_err(), LeaseError::Timeout);
    assert!(start.elapsed() < Duration::from_secs(3));
    send(&daemon.process, Signal::SIGCONT)?;
    assert_eq!(daemon.run("exit 6").await?, ExitOutcome::Status(6));
    Ok(())
}

#[tokio::test]
async fn the_daemon_exits_when_idle() -> Result<()> {
    let sshd = Sshd::start().await?;
    let mut daemon = TestDaemon::start(&sshd, Duration::from_millis(700)).await?;
    let outcome = daemon.run("sleep 1; exit 7").await?;
    assert_eq!(outcome, ExitOutcome::Status(7), "a session is a client");
    wait_until("exit of the daemon", || Ok(daemon.process.try_wait()?.is_some())).await?;
    assert!(daemon.process.wait()?.success());
    assert!(!sshd.socket().exists());
    Ok(())
}

#[tokio::test]
async fn a_second_daemon_exits() -> Result<()> {
    let sshd = Sshd::start().await?;
    let first = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    let mut second = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    wait_until("exit of the daemon", || Ok(second.process.try_wait()?.is_some())).await?;
    assert_eq!(first.run("exit 6").await?, ExitOutcome::Status(6));
    Ok(())
}

#[tokio::test]
async fn another_version_replaces_the_daemon() -> Result<()> {
    let sshd = Sshd::start().await?;
    let mut old = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    let lease = old.lease().await?;
    let newer = MuxClient::new(sshd.remote.clone(), "newer");
    assert_eq!(newer.lease(&old.target).await.unwrap_err(), LeaseError::VersionMismatch);
    wait_until("removal of the socket", || Ok(!sshd.socket().exists())).await?;
    assert!(old.process.try_wait()?.is_none(), "the daemon serves its current clients");
    let outcome = lease.exec(&sh("exit 8")?, Terminal::None, Stdio::default()).await?;
    assert_eq!(outcome, ExitOutcome::Status(8));
    wait_until("exit of the daemon", || Ok(old.process.try_wait()?.is_some())).await?;
    Ok(())
}

#[tokio::test]
async fn a_restarted_server_is_detected_before_the_command() -> Result<()> {
    let mut sshd = Sshd::start().await?;
    let daemon = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    let runs = sshd.dir.path().join("runs");
    let script = format!("echo run >> '{}'", runs.display());
    for count in 1..=3 {
        let lease = lease(&daemon.client, &daemon.target).await?;
        lease.exec(&sh(&script)?, Terminal::None, Stdio::default()).await?;
        assert_eq!(fs::read_to_string(&runs)?.lines().count(), count);
        assert_eq!(sshd.connections()?, count);
        sshd.restart()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_stopped_server_is_not_awaited() -> Result<()> {
    let mut sshd = Sshd::start().await?;
    let daemon = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    let (mux_client, target) = (daemon.client.clone(), daemon.target.clone());
    sshd.stop()?;
    let start = Instant::now();
    let refused = mux_client.lease(&target).await.unwrap_err();
    assert!(matches!(refused, LeaseError::Unavailable(_)), "{refused}");
    assert!(start.elapsed() < Duration::from_secs(3));
    Ok(())
}

#[tokio::test]
async fn other_users_are_rejected() -> Result<()> {
    if !Uid::effective().is_root() {
        return Ok(());
    }
    let sshd = Sshd::start().await?;
    let daemon = TestDaemon::start(&sshd, TEST_TIMEOUT).await?;
    let socket = sshd.socket();
    // The test opens the directories that other users cannot enter.
    for directory in socket.ancestors().take_while(|path| *path != std::env::temp_dir()) {
        fs::set_permissions(directory, Permissions::from_mode(0o777))?;
    }
    let words = probe_argv()?;
    let program = sshd.dir.path().join("knock");
    fs::copy(&words[0], &program)?;
    let answer = |uid: u32| -> Result<usize> {
        let (user, group) = (format!("--reuid={uid}"), format!("--regid={uid}"));
        let mut knock = Program::new("setpriv");
        knock.args([&user, &group, "--clear-groups"]).arg(&program).args(&words[1..]);
        let mut knock = knock.env("IT_SOCKET", &socket).stdout(Streams::piped()).spawn()?;
        let mut said = String::new();
        knock.stdout.take().context("a pipe")?.read_to_string(&mut said)?;
        ensure!(knock.wait()?.success(), "{said}");
        let (_, length) = said.split_once(MARK).context("no answer")?;
        Ok(length.lines().next().unwrap_or_default().parse()?)
    };
    assert_eq!(answer(65_534)?, 0);
    assert_eq!(
        daemon.client.lease(&daemon.target).await.unwrap_err(),
        LeaseError::NotRunning,
        "other users could have created the socket"
    );
    assert_ne!(answer(0)?, 0);
    Ok(())
}
