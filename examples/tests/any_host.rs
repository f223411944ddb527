//! The example that connects to any host, against a real `sshd`.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

/// A child process that is killed when this value is dropped.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn create_key(path: &Path) -> Result<String> {
    let mut keygen = Command::new("ssh-keygen");
    let made = keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status()?;
    ensure!(made.success(), "`ssh-keygen` failed");
    Ok(fs::read_to_string(path.with_extension("pub"))?)
}

fn sshd(dir: &Path, port: u16) -> Result<KillOnDrop> {
    create_key(&dir.join("host"))?;
    fs::write(dir.join("authorized_keys"), create_key(&dir.join("user"))?)?;
    let shown = dir.display();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {shown}/host\n\
         AuthorizedKeysFile {shown}/authorized_keys\nPidFile none\nUsePAM no\nStrictModes no\n\
         PermitRootLogin prohibit-password\nPasswordAuthentication no\n"
    );
    fs::write(dir.join("sshd_config"), config)?;
    // The directory of the server's privilege separation; only root needs it.
    let _ = fs::create_dir_all("/run/sshd");
    let mut sshd = Command::new("/usr/sbin/sshd");
    let sshd = sshd.arg("-D").arg("-f").arg(dir.join("sshd_config"));
    let sshd = KillOnDrop(sshd.spawn().context("install `openssh-server`")?);
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        ensure!(start.elapsed() < Duration::from_secs(10), "`sshd` does not listen");
        sleep(Duration::from_millis(20));
    }
    Ok(sshd)
}

/// Returns a free port; each call of this file returns another one.
fn free_port() -> Result<u16> {
    static ISSUED: Mutex<Vec<u16>> = Mutex::new(Vec::new());
    let mut issued = ISSUED.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        if !issued.contains(&port) {
            issued.push(port);
            return Ok(port);
        }
    }
}

fn example(dir: &Path, port: u16, host_key: &str, forward: &str) -> Result<Command> {
    let user = String::from_utf8(Command::new("id").arg("-un").output()?.stdout)?;
    let mut example = Command::new(env!("CARGO_BIN_EXE_any_host"));
    example.args([user.trim(), "127.0.0.1", &port.to_string()]);
    example.arg(dir.join(host_key)).arg(dir.join("user")).arg(forward);
    example.args(["printf", "%s|\\n", "it's run"]);
    Ok(example)
}

#[test]
fn command_runs_and_port_is_forwarded() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let (port, ours) = (free_port()?, free_port()?);
    let _sshd = sshd(dir.path(), port)?;
    let target = TcpListener::bind("127.0.0.1:0")?;
    let forward = format!("{ours}:127.0.0.1:{}", target.local_addr()?.port());

    let mut example = example(dir.path(), port, "host.pub", &forward)?;
    let mut running = KillOnDrop(example.stdout(Stdio::piped()).spawn()?);
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().context("no output")?).read_line(&mut line)?;
    assert_eq!(line, "it's run|\n");

    let start = Instant::now();
    let mut client = loop {
        match TcpStream::connect(("127.0.0.1", ours)) {
            Ok(client) => break client,
            Err(error) => ensure!(start.elapsed() < Duration::from_secs(10), "{error}"),
        }
        sleep(Duration::from_millis(20));
    };
    client.write_all(b"forwarded")?;
    client.shutdown(std::net::Shutdown::Write)?;
    let mut text = String::new();
    target.accept()?.0.read_to_string(&mut text)?;
    assert_eq!(text, "forwarded");
    Ok(())
}

#[test]
fn unpinned_key_is_refused() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let port = free_port()?;
    let _sshd = sshd(dir.path(), port)?;
    let forward = format!("{}:127.0.0.1:1", free_port()?);
    let output = example(dir.path(), port, "user.pub", &forward)?.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(said.contains(&format!("host key on `127.0.0.1:{port}` is `SHA256:")), "{said}");
    Ok(())
}
