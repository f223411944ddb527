//! An SSH server on the machine of a remote engine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{Cai, Engine, Person, wait_until};

/// An SSH server on loopback that lets one person log in as root. To `cai` it is another machine.
///
/// OpenSSH reads the home directory from the password database and ignores `HOME`, so the person
/// gets an `ssh` wrapper in `PATH` that reads the right configuration.
#[derive(Debug)]
pub struct SshServer {
    directory: PathBuf,
    port: u16,
    socket: PathBuf,
    process: Child,
}

impl SshServer {
    /// Starts a server in front of an engine; the person trusts its key.
    ///
    /// # Panics
    ///
    /// When OpenSSH is not installed.
    #[track_caller]
    pub fn of(person: &Person<'_>, engine: &Engine) -> Self {
        let directory = person.beside("hop");
        fs::create_dir_all(&directory).expect("a directory can be made");
        for key in ["host", "user"] {
            make_key(&directory.join(key));
        }
        let copied = fs::copy(directory.join("user.pub"), directory.join("authorized"));
        copied.expect("a file can be copied");
        let port = free_port();
        let at = directory.display();
        // `docker` and the other programs of the engine's machine are found as usual.
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host\n\
             AuthorizedKeysFile {at}/authorized\nPidFile none\nUsePAM no\nStrictModes no\n\
             PermitRootLogin prohibit-password\nPasswordAuthentication no\nMaxStartups 100\n\
             SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
        );
        fs::write(directory.join("sshd_config"), config).expect("a file can be written");
        fs::create_dir_all("/run/sshd").expect("root may do that");
        let log = fs::File::create(directory.join("log")).expect("a file can be made");
        let process = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(directory.join("sshd_config"))
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("sshd is installed");
        wait_until(Duration::from_secs(60), "sshd listens", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok().map(drop)
        });
        let hop = Self { directory, port, socket: engine.layout().socket(), process };
        hop.write_client(person);
        hop.trust();
        hop
    }

    /// Returns the engine's address through this server, as `--docker-host` takes it.
    pub fn address(&self) -> String {
        format!("ssh://root@127.0.0.1:{}{}", self.port, self.socket.display())
    }

    /// Returns a call of `cai` that finds the person's `ssh`.
    #[must_use]
    pub fn through(&self, cai: Cai) -> Cai {
        let system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let path = format!("{}:{system}", self.directory.join("bin").display());
        cai.env("PATH", path).env("CONTAINAI_DOCKER_HOST", self.address())
    }

    /// Adds the server's key to the person's `known_hosts`.
    #[track_caller]
    pub fn trust(&self) {
        let key = fs::read_to_string(self.directory.join("host.pub")).expect("a key was made");
        let line = format!("[127.0.0.1]:{} {key}", self.port);
        fs::write(self.known_hosts(), line).expect("a file can be written");
    }

    /// Removes the server's key from the person's `known_hosts`.
    #[track_caller]
    pub fn distrust(&self) {
        fs::write(self.known_hosts(), "").expect("a file can be written");
    }

    /// Returns the person's `known_hosts`.
    pub fn known_hosts(&self) -> PathBuf {
        self.directory.join("known_hosts")
    }

    fn write_client(&self, person: &Person<'_>) {
        let at = self.directory.display();
        let ssh = person.home().join(".ssh");
        fs::create_dir_all(&ssh).expect("a directory can be made");
        let config = format!(
            "Host 127.0.0.1\n  IdentityFile {at}/user\n  IdentitiesOnly yes\n  \
             UserKnownHostsFile {at}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
        );
        fs::write(ssh.join("config"), config).expect("a file can be written");
        let bin = self.directory.join("bin");
        fs::create_dir_all(&bin).expect("a directory can be made");
        let wrapper =
            format!("#!/bin/sh\nexec /usr/bin/ssh -F '{}/config' \"$@\"\n", ssh.display());
        fs::write(bin.join("ssh"), wrapper).expect("a file can be written");
        fs::set_permissions(bin.join("ssh"), fs::Permissions::from_mode(0o755))
            .expect("root may do that");
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn make_key(path: &Path) {
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).stdin(Stdio::null());
    assert!(keygen.status().is_ok_and(|status| status.success()), "{keygen:?} failed");
}

/// Returns a port that is currently free.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("a listener has an address").port()
}
