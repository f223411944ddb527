//! A private `sshd`.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Program, Stdio as Streams};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};
use containai_core::layout::Layout;
use containai_core::naming::{ContainerName, HostPort};
use containai_core::remote::{HostKey, Remote};
use containai_ssh::{Command, Session, SshRemote};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tempfile::TempDir;

pub(crate) const SSHD: &str = "/usr/sbin/sshd";

/// A server that authorizes the test's key, with a home directory of its own.
/// The host key is pinned under the name `it-main`.
pub(crate) struct Sshd {
    pub(crate) dir: TempDir,
    pub(crate) port: HostPort,
    pub(crate) host_key: HostKey,
    pub(crate) remote: SshRemote,
    server: Child,
}

impl Sshd {
    pub(crate) async fn start() -> Result<Self> {
        let dir = TempDir::new()?;
        let remote = remote(&home(dir.path()))?;
        fs::write(dir.path().join("authorized_keys"), remote.authorized_key().await?)?;
        let host_key = make_host_key(&dir.path().join("host_key"))?;
        let port = free_port()?;
        let server = spawn(dir.path(), port)?;
        remote.register(&container_name()?, port, &host_key).await?;
        // Other clients do not wait for the server.
        drop(remote.wait_ready(port).await?);
        Ok(Self { dir, port, host_key, remote, server })
    }

    pub(crate) async fn session(&self) -> Result<Session> {
        let transport = self.remote.wait_ready(self.port).await?;
        Ok(self.remote.authenticate(transport, self.port).await?)
    }

    /// Returns the process id of the listener.
    pub(crate) fn pid(&self) -> u32 {
        self.server.id()
    }

    /// Returns the number of authenticated connections so far, including those
    /// before a restart.
    pub(crate) fn connections(&self) -> Result<usize> {
        let log = fs::read_to_string(self.dir.path().join("sshd.log"))?;
        Ok(log.matches("Accepted publickey").count())
    }

    /// As [`Self::stop`], and starts the server again.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.stop()?;
        self.server = spawn(self.dir.path(), self.port)?;
        Ok(())
    }

    /// Returns the socket of a mux daemon of this home directory.
    pub(crate) fn socket(&self) -> PathBuf {
        Layout::new(&self.home(), None, None).mux_socket()
    }

    /// Stops the server and its sessions.
    pub(crate) fn stop(&mut self) -> Result<()> {
        let pid = self.server.id();
        let served = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
        for child in served.split_whitespace() {
            // It may have exited already.
            let _ = nix::sys::signal::kill(Pid::from_raw(child.parse()?), Signal::SIGKILL);
        }
        self.server.kill()?;
        self.server.wait()?;
        Ok(())
    }

    pub(crate) fn home(&self) -> PathBuf {
        home(self.dir.path())
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Returns a command of `sh`, in a directory that exists on every machine.
pub(crate) fn sh(script: &str) -> Result<Command> {
    Ok(Command::new(["sh", "-c", script])?.in_dir("/"))
}

pub(crate) fn container_name() -> Result<ContainerName> {
    Ok(ContainerName::parse("it-main")?)
}

/// Returns the remote of a home directory, with the current user as login.
pub(crate) fn remote(home: &Path) -> Result<SshRemote> {
    Ok(SshRemote::new(Layout::new(home, None, None)).with_user(current_user()?))
}

/// Returns the user who runs the tests.
pub(crate) fn current_user() -> Result<String> {
    let user = nix::unistd::User::from_uid(nix::unistd::Uid::effective())?;
    Ok(user.context("the user of the tests has no name")?.name)
}

pub(crate) fn make_host_key(path: &Path) -> Result<HostKey> {
    let made = Program::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path)
        .status()
        .context("cannot run `ssh-keygen`")?;
    ensure!(made.success(), "`ssh-keygen` failed");
    Ok(HostKey::parse(&fs::read_to_string(path.with_extension("pub"))?)?)
}

fn home(dir: &Path) -> PathBuf {
    dir.join("home with a blank")
}

/// Returns a port without a listener that no other test gets. It is below the
/// range of client ports in Linux (ip(7), `ip_local_port_range`), so that no
/// outgoing connection takes it before the server does.
pub(crate) fn free_port() -> Result<HostPort> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id() * 64;
    loop {
        let offset = (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        let port = u16::try_from(20_000 + offset)?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(HostPort::new(port)?);
        }
    }
}

fn spawn(dir: &Path, port: HostPort) -> Result<Child> {
    let shown = dir.display();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {shown}/host_key\n\
         AuthorizedKeysFile {shown}/authorized_keys\nPidFile none\nUsePAM no\nStrictModes no\n\
         PermitRootLogin prohibit-password\nPasswordAuthentication no\n\
         KbdInteractiveAuthentication no\nAcceptEnv CAI_*\nMaxStartups 100\n\
         Subsystem sftp internal-sftp\n"
    );
    fs::write(dir.join("sshd_config"), config)?;
    if nix::unistd::Uid::effective().is_root() {
        // The chroot directory of the server's unprivileged process.
        fs::create_dir_all("/run/sshd")?;
    }
    Program::new(SSHD)
        .arg("-D")
        .arg("-e")
        .arg("-f")
        .arg(dir.join("sshd_config"))
        .stdin(Streams::null())
        .stderr(fs::File::options().create(true).append(true).open(dir.join("sshd.log"))?)
        .spawn()
        .with_context(|| format!("cannot run `{SSHD}`: install `openssh-server`"))
}
