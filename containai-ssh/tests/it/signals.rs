//! Signals to a program without a terminal.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command as Program, Stdio as Streams};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::child;
use crate::hostile::TestServer;

/// Starts a session and waits until its command runs.
fn start(server: &TestServer, variables: &[(&str, &str)]) -> Result<Child> {
    let words = child::session_argv()?;
    let mut program = Program::new(&words[0])
        .args(&words[1..])
        .env("IT_HOME", server.home.path())
        .env("IT_PORT", server.port.to_string())
        .env("IT_SCRIPT", "sleep 60")
        .envs(variables.iter().copied())
        .stdin(Streams::null())
        .stdout(Streams::piped())
        .spawn()?;
    let output = program.stdout.take().context("stdout is a pipe")?;
    let mut lines = BufReader::new(output).lines();
    lines.find(|line| line.as_ref().is_ok_and(|line| line == "running"));
    Ok(program)
}

fn send(program: &Child, signal: Signal) -> Result<()> {
    Ok(kill(Pid::from_raw(program.id().try_into()?), signal)?)
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !is_so()? {
        if start.elapsed() > Duration::from_secs(20) {
            bail!("timed out waiting for {what}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn code(program: &mut Child) -> Result<Option<i32>> {
    wait_until("the end", || Ok(program.try_wait()?.is_some()))?;
    Ok(program.wait()?.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_interrupt_is_forwarded_and_the_second_detaches() -> Result<()> {
    let server = TestServer::start().await?;
    let mut program = start(&server, &[])?;
    send(&program, Signal::SIGINT)?;
    wait_until("the interrupt", || Ok(server.events() == ["INT"]))?;
    assert!(program.try_wait()?.is_none(), "the first signal is forwarded only");
    send(&program, Signal::SIGINT)?;
    assert_eq!(code(&mut program)?, Some(130));
    assert_eq!(server.events(), ["INT", "INT"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_signal_may_end_the_command() -> Result<()> {
    let server = TestServer::start().await?;
    let mut program = start(&server, &[])?;
    send(&program, Signal::SIGTERM)?;
    assert_eq!(code(&mut program)?, Some(143));
    assert_eq!(server.events(), ["TERM"]);
    Ok(())
}

/// OpenSSH passes on signals to users other than root, whose sessions have a
/// privileged parent.
#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_hangs_up_the_command_of_a_killed_client() -> Result<()> {
    let server = TestServer::start().await?;
    let mut daemon = child::daemon_program(server.home.path(), Duration::from_secs(20))?.spawn()?;
    let mut program = start(&server, &[(child::SHARED_ENV, "1")])?;
    program.kill()?;
    program.wait()?;
    wait_until("the hangup", || Ok(server.events() == ["HUP"]))?;
    daemon.kill()?;
    daemon.wait()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_detaches_at_once() -> Result<()> {
    let server = TestServer::start().await?;
    let mut program = start(&server, &[])?;
    send(&program, Signal::SIGHUP)?;
    assert_eq!(code(&mut program)?, Some(129));
    Ok(())
}
