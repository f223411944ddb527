//! The SSH agent of a person.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{Person, wait_until};

/// An `ssh-agent` with one key, which ends with this value.
#[derive(Debug)]
pub struct SshAgent {
    directory: PathBuf,
    process: Child,
}

impl SshAgent {
    /// Starts an agent for a person.
    ///
    /// # Panics
    ///
    /// When OpenSSH's client programs are not installed.
    #[track_caller]
    pub fn of(person: &Person<'_>) -> Self {
        let directory = person.beside("agent");
        fs::create_dir_all(&directory).expect("a directory can be made");
        let socket = directory.join("socket");
        let mut agent = Command::new("ssh-agent");
        agent.args(["-D", "-a"]).arg(&socket).stdout(Stdio::null());
        let process = agent.spawn().expect("ssh-agent is installed");
        wait_until(Duration::from_secs(60), "the agent listens", || {
            UnixStream::connect(&socket).ok().map(drop)
        });
        let agent = Self { directory, process };
        let key = agent.directory.join("key");
        agent.run(
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key),
        );
        agent.run(Command::new("ssh-add").arg("-q").arg(&key).env("SSH_AUTH_SOCK", &socket));
        agent
    }

    /// Returns the value of `SSH_AUTH_SOCK`.
    pub fn socket(&self) -> PathBuf {
        self.directory.join("socket")
    }

    /// Returns the public key, as `ssh-add -L` prints it.
    pub fn public_key(&self) -> String {
        read(&self.directory.join("key.pub"))
    }

    #[track_caller]
    fn run(&self, command: &mut Command) {
        let status = command.stdin(Stdio::null()).status().expect("OpenSSH is installed");
        assert!(status.success(), "{command:?} failed");
    }
}

impl Drop for SshAgent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[track_caller]
fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a key was made")
}
