//! The container that the clients connect to.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use containai_tests::{Outcome, Person, Repository, Running};

/// The time limit of every client of this suite.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A running container, and the person whose clients reach it as `alias`.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) person: Person<'static>,
    pub(super) repository: Repository,
    pub(super) alias: String,
}

impl Container {
    #[track_caller]
    pub(super) fn start(name: &str) -> Self {
        let person = Person::new();
        person.cai(["setup", "--yes"]).run().success();
        let repository = person.repository(name);
        person.run(&repository, "true").success();
        let alias = person.alias(repository.path());
        Self { person, repository, alias }
    }

    /// Returns the user's whole configuration.
    pub(super) fn config(&self) -> PathBuf {
        self.person.home().join(".ssh/config")
    }

    /// Returns the container's own block, for clients without support for `Include`.
    pub(super) fn fragment(&self) -> PathBuf {
        let directory = self.person.home().join(".ssh/containai.d");
        let holds_it = |path: &PathBuf| {
            fs::read_to_string(path)
                .is_ok_and(|text| text.lines().any(|line| line == format!("Host {}", self.alias)))
        };
        let entries = fs::read_dir(directory).expect("fragments have a directory");
        let mut paths = entries.map(|entry| entry.expect("an entry").path());
        paths.find(holds_it).expect("the container has a fragment")
    }

    pub(super) fn known_hosts(&self) -> PathBuf {
        self.person.home().join(".config/containai/known_hosts")
    }

    /// Returns a `known_hosts` with the same ports and a foreign key.
    #[track_caller]
    pub(super) fn other_known_hosts(&self) -> PathBuf {
        let key = self.person.beside("other-key");
        let public = key.with_extension("pub");
        if !public.exists() {
            let mut command = Command::new("ssh-keygen");
            output(command.args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).arg(&key));
        }
        let other = fs::read_to_string(public).expect("a key was made");
        let pins = fs::read_to_string(self.known_hosts()).expect("keys are pinned");
        let host = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        let wrong: String = pins.lines().map(|line| format!("{} {other}", host(line))).collect();
        let path = self.person.beside("other_known_hosts");
        fs::write(&path, wrong).expect("a file can be written");
        path
    }

    /// Returns the host and port as OpenSSH names them in `known_hosts`.
    pub(super) fn pinned_name(&self) -> String {
        let settings = output(self.person.openssh("ssh").args(["-G", &self.alias]));
        let port = settings.lines().find_map(|line| line.strip_prefix("port "));
        format!("[127.0.0.1]:{}", port.expect("a port"))
    }

    /// Returns `program -F CONFIG`, for programs that start `ssh` from one line.
    pub(super) fn shell(&self) -> String {
        format!("ssh -F {}", self.config().display())
    }

    /// Returns the option that makes OpenSSH use [`Self::other_known_hosts`].
    #[track_caller]
    pub(super) fn other_pins(&self) -> String {
        format!("-oUserKnownHostsFile={}", self.other_known_hosts().display())
    }

    /// Returns [`Self::shell`] with [`Self::other_pins`].
    #[track_caller]
    pub(super) fn shell_with_other_pins(&self) -> String {
        format!("{} {}", self.shell(), self.other_pins())
    }

    /// Runs `ssh ALIAS SCRIPT`, which has to succeed.
    #[track_caller]
    pub(super) fn ssh(&self, script: &str) -> String {
        output(self.person.openssh("ssh").args([&self.alias, script]))
    }
}

/// Runs a program without stdin; it has to succeed.
#[track_caller]
pub(super) fn output(command: &mut Command) -> String {
    command.stdin(Stdio::null());
    let output = command.output().expect("the program is installed");
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} ({}): {stdout}{stderr}", output.status);
    stdout.into_owned()
}

/// Runs a program that has to reject the host key.
#[track_caller]
pub(super) fn rejects_host_key(command: Command) {
    let refused = outcome(command, b"");
    assert_ne!(refused.status(), 0, "{refused}");
    refused.stderr_contains("Host key verification failed");
}

/// Runs a program that may fail, with this on stdin.
#[track_caller]
pub(super) fn outcome(command: Command, stdin: &[u8]) -> Outcome {
    let mut running = Running::start(command, TIMEOUT);
    running.feed_stdin(stdin.to_vec());
    running.outcome()
}
