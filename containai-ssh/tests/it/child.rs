//! Child processes of tests: this test binary, started with one ignored test as
//! its `main`.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command as Program, Stdio as Streams};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use containai_core::naming::{ContainerName, HostPort};
use containai_core::remote::{HostKey, Remote};
use containai_ssh::mux::Connection;
use containai_ssh::{OnDisconnect, Stdio, Terminal, TerminalSize};

use crate::mux;
use crate::sshd::{remote, sh};

/// Separates the output of the test harness from that of the child.
pub(crate) const MARK: &str = "--child--\n";

/// Returns the arguments that run one of the ignored tests below.
fn test_argv(test: &str) -> Result<Vec<String>> {
    let exe = std::env::current_exe()?.display().to_string();
    let arguments = [test, "--exact", "--ignored", "--nocapture", "--test-threads=1"];
    Ok([exe].into_iter().chain(arguments.map(str::to_owned)).collect())
}

fn env_var(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("`{name}` is not set"))
}

fn print(text: &str) -> Result<()> {
    // The harness may capture `print!`.
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(std::io::stdout().flush()?)
}

pub(crate) fn spawn_writer(home: &Path, port: u16, host_key: &HostKey) -> Result<Child> {
    let words = test_argv("child::writer")?;
    let child = Program::new(&words[0])
        .args(&words[1..])
        .env("IT_HOME", home)
        .env("IT_PORT", port.to_string())
        .env("IT_HOST_KEY", host_key.as_ref())
        .stdout(Streams::piped())
        .spawn()?;
    Ok(child)
}

/// Returns the authorized key that the child read.
pub(crate) fn finish_writer(child: Child) -> Result<String> {
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout)?;
    let (_, said) = text.split_once(MARK).context("no output of the child")?;
    Ok(said.lines().next().unwrap_or_default().to_owned())
}

#[tokio::test]
#[ignore = "the main of another process"]
async fn writer() -> Result<()> {
    let remote = remote(Path::new(&env_var("IT_HOME")?))?;
    let port: HostPort = env_var("IT_PORT")?.parse()?;
    let line = remote.authorized_key().await?;
    let name = ContainerName::parse(&format!("it-{port}"))?;
    let host_key = HostKey::parse(&env_var("IT_HOST_KEY")?)?;
    remote.register(&name, port, &host_key).await?;
    print(&format!("{MARK}{line}\n"))
}

/// Set for a [`session`] with a shared connection.
pub(crate) const SHARED_ENV: &str = "IT_SHARED";

/// Set for a [`session`] whose command is hung up when its connection is lost.
pub(crate) const HANG_UP_ENV: &str = "IT_HANG_UP";

/// Returns a mux daemon that keeps connections for a while.
pub(crate) fn daemon_program(home: &Path, idle_timeout: Duration) -> Result<Program> {
    let words = test_argv("child::daemon")?;
    let mut program = Program::new(&words[0]);
    program.args(&words[1..]).env("IT_HOME", home).stdin(Streams::null()).stdout(Streams::null());
    program.env("IT_PATIENCE_MS", idle_timeout.as_millis().to_string());
    Ok(program)
}

#[test]
#[ignore = "the main of another process"]
fn daemon() -> Result<()> {
    let first = containai_ssh::mux::daemonize()?;
    let idle_timeout = Duration::from_millis(env_var("IT_PATIENCE_MS")?.parse()?);
    let remote = remote(Path::new(&env_var("IT_HOME")?))?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let serving = containai_ssh::mux::serve(mux::mux_client(&remote), idle_timeout, Some(first));
    runtime.block_on(serving)?;
    std::process::exit(0);
}

/// Returns the arguments of a program that sends a request to a socket and
/// prints the size of the reply.
pub(crate) fn probe_argv() -> Result<Vec<String>> {
    test_argv("child::probe")
}

#[test]
#[ignore = "the main of another process"]
fn probe() -> Result<()> {
    use std::io::Read;

    let mut stream = std::os::unix::net::UnixStream::connect(env_var("IT_SOCKET")?)?;
    // A request of an unknown protocol version.
    let magic = b"containai-mux";
    let length = u32::try_from(magic.len())?.to_le_bytes();
    let greeting = [&length[..], magic, &u32::MAX.to_le_bytes(), &[0; 4]].concat();
    let length = u32::try_from(greeting.len())?.to_le_bytes();
    // A rejected client may be disconnected before it has sent anything.
    let _ = stream.write_all(&[&length[..], &greeting].concat());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    print(&format!("{MARK}{}\n", answer.len()))
}

/// Returns the arguments of a program that runs a script on a server and exits
/// with its exit code. `setsid` gives it the terminal that it is started on.
pub(crate) fn session_argv() -> Result<Vec<String>> {
    test_argv("child::session")
}

#[tokio::test]
#[ignore = "the main of another process"]
async fn session() -> Result<()> {
    let remote = remote(Path::new(&env_var("IT_HOME")?))?;
    let port: HostPort = env_var("IT_PORT")?.parse()?;
    let way = match std::env::var(SHARED_ENV) {
        Ok(_) => Connection::Shared(
            mux::lease(&mux::mux_client(&remote), &mux::target(&remote, port).await?).await?,
        ),
        Err(_) => {
            Connection::Dedicated(remote.authenticate(remote.wait_ready(port).await?, port).await?)
        }
    };
    let terminal = match env_var("IT_TERM") {
        Ok(term) => {
            Terminal::Request { term, size: TerminalSize::of(std::io::stdin()).unwrap_or_default() }
        }
        Err(_) => Terminal::None,
    };
    if let Ok(after) = env_var("IT_PANIC_AFTER_MS") {
        let after = Duration::from_millis(after.parse()?);
        std::thread::spawn(move || {
            std::thread::sleep(after);
            panic!("requested by the test");
        });
    }
    print(MARK)?;
    let on_disconnect = match std::env::var(HANG_UP_ENV) {
        Ok(_) => OnDisconnect::HangUp,
        Err(_) => OnDisconnect::Continue,
    };
    let command = sh(&env_var("IT_SCRIPT")?)?.on_disconnect(on_disconnect);
    let code = match way.exec(&command, terminal, Stdio::inherit()).await {
        Ok(outcome) => outcome.code(),
        Err(error) => {
            eprintln!("{error:?}");
            99
        }
    };
    std::process::exit(code.into());
}
