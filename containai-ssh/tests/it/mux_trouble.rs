//! Shared connections when a client, daemon or server fails.

use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command as Program, Stdio as Streams};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use containai_ssh::mux::{NoLease, Sharing};
use containai_ssh::{ExitOutcome, Stdio, Terminal};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};

use crate::child::{MARK, SHARED, knock_words, session_words};
use crate::mux::{Broker, PATIENCE, borrow, wait_until};
use crate::pty::Pty;
use crate::sshd::{Sshd, sh};

/// A client in a process of its own, whose stdin stays open.
fn client(sshd: &Sshd, script: &str) -> Result<Child> {
    let words = session_words()?;
    let mut program = Program::new(&words[0]);
    program.args(&words[1..]).env("IT_HOME", sshd.home()).env("IT_PORT", sshd.port.to_string());
    program.env("IT_SCRIPT", script).env(SHARED, "1");
    Ok(program.stdin(Streams::piped()).stdout(Streams::null()).spawn()?)
}

fn send(process: &Child, signal: Signal) -> Result<()> {
    Ok(kill(Pid::from_raw(process.id().try_into()?), signal)?)
}

/// Returns a script that writes its process id and runs until its stdin ends.
fn waiting(sshd: &Sshd) -> (String, std::path::PathBuf) {
    let path = sshd.dir.path().join("pid");
    (format!("echo $$ > '{}'; exec cat", path.display()), path)
}

fn is_alive(pid_file: &std::path::Path) -> Result<bool> {
    let pid: i32 = fs::read_to_string(pid_file)?.trim().parse()?;
    Ok(kill(Pid::from_raw(pid), None).is_ok())
}

#[tokio::test]
async fn a_client_that_is_killed_takes_its_command_along() -> Result<()> {
    let sshd = Sshd::start().await?;
    let broker = Broker::start(&sshd, PATIENCE).await?;
    let (script, pid_file) = waiting(&sshd);
    let mut client = client(&sshd, &script)?;
    wait_until("process id", || Ok(fs::read(&pid_file).is_ok_and(|text| !text.is_empty()))).await?;
    let input = client.stdin.take();
    client.kill()?;
    client.wait()?;
    wait_until("end of the command", || Ok(!is_alive(&pid_file)?)).await?;
    drop(input);
    assert_eq!(broker.run("exit 6").await?, ExitOutcome::Status(6));
    Ok(())
}

#[tokio::test]
async fn a_broker_that_is_killed_is_a_broken_connection() -> Result<()> {
    let sshd = Sshd::start().await?;
    let mut broker = Broker::start(&sshd, PATIENCE).await?;
    let mut pty = Pty::start(&sshd, "echo ready; sleep 60", &[(SHARED, "1")])?;
    pty.wait_for("ready")?;
    broker.process.kill()?;
    broker.process.wait()?;
    assert_eq!(pty.wait()?.code(), Some(99));
    pty.wait_for("the mux daemon has exited")?;
    assert!(!pty.is_raw()?);
    // The socket exists, without a listener.
    assert_eq!(broker.sharing.borrow(&broker.target).await.unwrap_err(), NoLease::Nobody);
    let next = Broker::start(&sshd, PATIENCE).await?;
    assert_eq!(next.run("exit 6").await?, ExitOutcome::Status(6));
    Ok(())
}

#[tokio::test]
async fn a_broker_that_hangs_costs_a_second() -> Result<()> {
    let sshd = Sshd::start().await?;
    let broker = Broker::start(&sshd, PATIENCE).await?;
    assert_eq!(broker.run("true").await?, ExitOutcome::Status(0));
    send(&broker.process, Signal::SIGSTOP)?;
    let status = format!("/proc/{}/stat", broker.process.id());
    wait_until("stop", || Ok(fs::read_to_string(&status)?.contains(") T "))).await?;
    let start = Instant::now();
    assert_eq!(broker.sharing.borrow(&broker.target).await.unwrap_err(), NoLease::Late);
    assert!(start.elapsed() < Duration::from_secs(3));
    send(&broker.process, Signal::SIGCONT)?;
    assert_eq!(broker.run("exit 6").await?, ExitOutcome::Status(6));
    Ok(())
}

#[tokio::test]
async fn nobody_for_a_while_is_the_end() -> Result<()> {
    let sshd = Sshd::start().await?;
    let mut broker = Broker::start(&sshd, Duration::from_millis(700)).await?;
    let outcome = broker.run("sleep 1; exit 7").await?;
    assert_eq!(outcome, ExitOutcome::Status(7), "a session is a client");
    wait_until("exit of the daemon", || Ok(broker.process.try_wait()?.is_some())).await?;
    assert!(broker.process.wait()?.success());
    assert!(!sshd.socket().exists());
    Ok(())
}

#[tokio::test]
async fn a_second_broker_leaves_the_first_alone() -> Result<()> {
    let sshd = Sshd::start().await?;
    let first = Broker::start(&sshd, PATIENCE).await?;
    let mut second = Broker::start(&sshd, PATIENCE).await?;
    wait_until("exit of the daemon", || Ok(second.process.try_wait()?.is_some())).await?;
    assert_eq!(first.run("exit 6").await?, ExitOutcome::Status(6));
    Ok(())
}

#[tokio::test]
async fn another_version_gets_a_broker_of_its_own() -> Result<()> {
    let sshd = Sshd::start().await?;
    let mut old = Broker::start(&sshd, PATIENCE).await?;
    let lease = old.borrow().await?;
    let newer = Sharing::new(sshd.remote.clone(), "newer");
    assert_eq!(newer.borrow(&old.target).await.unwrap_err(), NoLease::Retiring);
    wait_until("removal of the socket", || Ok(!sshd.socket().exists())).await?;
    assert!(old.process.try_wait()?.is_none(), "the daemon serves its current clients");
    let outcome = lease.exec(&sh("exit 8")?, Terminal::None, Stdio::default()).await?;
    assert_eq!(outcome, ExitOutcome::Status(8));
    wait_until("exit of the daemon", || Ok(old.process.try_wait()?.is_some())).await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_was_restarted_is_found_out_before_the_command() -> Result<()> {
    let mut sshd = Sshd::start().await?;
    let broker = Broker::start(&sshd, PATIENCE).await?;
    let runs = sshd.dir.path().join("runs");
    let script = format!("echo run >> '{}'", runs.display());
    for count in 1..=3 {
        let lease = borrow(&broker.sharing, &broker.target).await?;
        lease.exec(&sh(&script)?, Terminal::None, Stdio::default()).await?;
        assert_eq!(fs::read_to_string(&runs)?.lines().count(), count);
        assert_eq!(sshd.connections()?, count);
        sshd.restart()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_gone_is_not_waited_for() -> Result<()> {
    let mut sshd = Sshd::start().await?;
    let broker = Broker::start(&sshd, PATIENCE).await?;
    let (sharing, target) = (broker.sharing.clone(), broker.target.clone());
    sshd.stop()?;
    let start = Instant::now();
    let refused = sharing.borrow(&target).await.unwrap_err();
    assert!(matches!(refused, NoLease::Unavailable(_)), "{refused}");
    assert!(start.elapsed() < Duration::from_secs(3));
    Ok(())
}

#[tokio::test]
async fn another_user_is_nobody() -> Result<()> {
    if !Uid::effective().is_root() {
        return Ok(());
    }
    let sshd = Sshd::start().await?;
    let broker = Broker::start(&sshd, PATIENCE).await?;
    let socket = sshd.socket();
    // The test opens the directories that other users cannot enter.
    for directory in socket.ancestors().take_while(|path| *path != std::env::temp_dir()) {
        fs::set_permissions(directory, Permissions::from_mode(0o777))?;
    }
    let words = knock_words()?;
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
        broker.sharing.borrow(&broker.target).await.unwrap_err(),
        NoLease::Nobody,
        "other users could have created the socket"
    );
    assert_ne!(answer(0)?, 0);
    Ok(())
}
