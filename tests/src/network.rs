//! A network separate from the machine's.

use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::wait_until;

/// A network namespace with mounts of its own, where a test may start engines that write firewall
/// rules.
#[derive(Debug)]
pub struct Network {
    holder: Child,
}

impl Network {
    /// Creates a namespace in which only the loopback interface is up.
    ///
    /// # Panics
    ///
    /// When the kernel or `util-linux` does not allow it.
    #[track_caller]
    pub fn new() -> Self {
        let holder = Command::new("unshare")
            .args(["--net", "--mount", "--propagation", "private", "sleep", "infinity"])
            .stdin(Stdio::null())
            .spawn()
            .expect("unshare is installed");
        let network = Self { holder };
        let own = std::fs::read_link("/proc/self/ns/net").expect("the kernel has namespaces");
        let theirs = format!("/proc/{}/ns/net", network.holder.id());
        wait_until(Duration::from_secs(60), "the namespace is made", || {
            std::fs::read_link(&theirs).ok().filter(|link| *link != own)
        });
        network.output_of(&["ip", "link", "set", "lo", "up"]);
        network
    }

    /// Returns the words that run a program in this network.
    pub fn prefix(&self) -> [String; 4] {
        let target = format!("--target={}", self.holder.id());
        ["nsenter".into(), target, "--net".into(), "--mount".into()]
    }

    /// Returns a program to run in this network.
    pub fn command(&self, words: &[&str]) -> Command {
        let [nsenter, options @ ..] = self.prefix();
        let mut command = Command::new(nsenter);
        command.args(options).arg("--").args(words);
        command
    }

    /// Runs a program in this network.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("nsenter is installed")
    }

    /// Runs a program that has to succeed in this network and returns its stdout.
    #[track_caller]
    pub fn output_of(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?} failed: {stderr}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Returns the id of the process that holds the namespace, for `ip link set … netns`.
    pub fn pid(&self) -> String {
        self.holder.id().to_string()
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
