//! The same container without `cai`.

use std::process::Command;
use std::time::{Duration, Instant};

use containai_tests::{Engine, Person, Repository};
use serde_json::Value;

use crate::round::process;

/// How long a container may take until its SSH server accepts a connection.
const TIMEOUT: Duration = Duration::from_secs(60);

/// `docker run` with the options that `cai` uses, then `ssh` until it succeeds.
///
/// This side does less work: its public key is already a layer of the image, and its `ssh` accepts
/// any host key, so it copies and verifies nothing.
#[derive(Debug)]
pub(crate) struct Bare<'a> {
    engine: &'a Engine,
    /// The inspection of a container created by `cai`, whose options are reused.
    model: Value,
    image: String,
    identity: std::path::PathBuf,
    port: u16,
    made: u32,
}

impl<'a> Bare<'a> {
    /// Takes image, options and key from a container of this person.
    pub(crate) fn from_container(
        person: &Person<'_>,
        engine: &'a Engine,
        repository: &Repository,
    ) -> Self {
        let model = person.container(repository.path());
        let identity = person.home().join(".config/containai/id_containai");
        let image = "containai-bench:with-key".to_owned();
        let bare = Self { engine, model, image, identity, port: 21_800, made: 0 };
        bare.put_key_into_image();
        bare
    }

    /// Measures the time from nothing to the end of a first `true`.
    pub(crate) fn first_command(&mut self, workspace: &Repository) -> Duration {
        self.made += 1;
        self.port += 1;
        let name = format!("containai-bench-{}", self.made);
        let run = self.run(&name, workspace);
        let start = Instant::now();
        process(run);
        while !self.ssh() {
            assert!(start.elapsed() < TIMEOUT, "no SSH server on port {}", self.port);
        }
        let time = start.elapsed();
        process(self.docker(&["rm", "--force", "--volumes", &name]));
        for volume in [format!("{name}-data"), format!("{name}-docker")] {
            process(self.docker(&["volume", "rm", &volume]));
        }
        time
    }

    fn run(&self, name: &str, workspace: &Repository) -> Command {
        let host = &self.model["HostConfig"];
        let memory = host["Memory"].to_string();
        let cpus = host["NanoCpus"].as_f64().unwrap_or_default() / 1e9;
        let mut run = self.docker(&["run", "--detach", "--name", name, "--hostname", name]);
        run.arg(format!("--runtime={}", host["Runtime"].as_str().unwrap_or_default()));
        run.args([format!("--memory={memory}"), format!("--memory-swap={memory}")]);
        run.arg(format!("--cpus={cpus}"));
        run.args(["--stop-signal=SIGRTMIN+3", "--workdir=/home/agent/workspace"]);
        run.arg(format!("--publish=127.0.0.1:{}:22", self.port));
        run.arg(format!("--volume={}:/home/agent/workspace", workspace.path().display()));
        run.arg(format!("--volume={name}-data:/mnt/agent-data"));
        run.arg(format!("--volume={name}-docker:/var/lib/docker"));
        run.args([&self.image, "/sbin/init", "--log-level=err"]);
        run
    }

    fn ssh(&self) -> bool {
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", "none", "-p", &self.port.to_string(), "-i"]).arg(&self.identity);
        ssh.args(["-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no"]);
        ssh.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes"]);
        ssh.args(["agent@127.0.0.1", "true"]);
        ssh.output().expect("ssh is installed").status.success()
    }

    fn put_key_into_image(&self) {
        let image = self.model["Config"]["Image"].as_str().unwrap_or_default();
        let key = self.identity.with_extension("pub");
        let public = Command::new("ssh-keygen").arg("-y").arg("-f").arg(&self.identity).output();
        std::fs::write(&key, public.expect("ssh-keygen is installed").stdout)
            .expect("a key can be written");
        let name = "containai-bench-model";
        let _ = self.docker(&["rm", "--force", name]).output();
        process(self.docker(&["create", "--name", name, image]));
        let target = format!("{name}:/etc/containai/authorized_keys");
        process(self.docker(&["cp", &key.display().to_string(), &target]));
        process(self.docker(&["commit", name, &self.image]));
        process(self.docker(&["rm", name]));
    }

    fn docker(&self, args: &[&str]) -> Command {
        let mut docker = Command::new("docker");
        docker.args(["--host", &self.engine.address()]).args(args);
        docker
    }
}
