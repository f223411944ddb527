//! SSH agent forwarding.

use std::process::{Child, Command as Program, Stdio as Streams};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use containai_core::remote::Remote;
use containai_ssh::{Input, Session};
use tempfile::TempDir;

use crate::sshd::{Sshd, sh};

/// An agent with one key.
struct TestAgent {
    dir: TempDir,
    process: Child,
}

impl TestAgent {
    fn start() -> Result<Self> {
        let dir = TempDir::new()?;
        let socket = dir.path().join("agent");
        let process = Program::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(Streams::null())
            .spawn()
            .context("cannot run `ssh-agent`")?;
        let end = Instant::now() + Duration::from_secs(5);
        while !socket.exists() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(10));
        }
        crate::sshd::make_host_key(&dir.path().join("key"))?;
        let added = Program::new("ssh-add")
            .arg("-q")
            .arg(dir.path().join("key"))
            .env("SSH_AUTH_SOCK", &socket)
            .status()?;
        ensure!(added.success());
        Ok(Self { dir, process })
    }

    fn public_key(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.dir.path().join("key.pub"))?)
    }

    async fn session(&self, sshd: &Sshd) -> Result<Session> {
        let remote = sshd.remote.clone().with_agent(self.dir.path().join("agent"));
        Ok(remote.authenticate(remote.wait_ready(sshd.port).await?, sshd.port).await?)
    }
}

impl Drop for TestAgent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn every_command_of_a_session_reaches_the_agent() -> Result<()> {
    let (sshd, agent) = (Sshd::start().await?, TestAgent::start()?);
    let session = agent.session(&sshd).await?;
    for _ in 0..3 {
        let listed = session.output(&sh("ssh-add -L")?, Input::Null).await?;
        assert_eq!(String::from_utf8(listed.stdout)?, agent.public_key()?);
    }
    let many = "for i in 1 2 3 4 5 6 7 8; do ssh-add -L & done; wait";
    let listed = session.output(&sh(many)?, Input::Null).await?;
    assert_eq!(String::from_utf8(listed.stdout)?, agent.public_key()?.repeat(8));
    Ok(())
}

#[tokio::test]
async fn the_agent_is_not_forwarded_by_default() -> Result<()> {
    let (sshd, _agent) = (Sshd::start().await?, TestAgent::start()?);
    let session = sshd.session().await?;
    let listed = session.output(&sh("echo \"$SSH_AUTH_SOCK\"")?, Input::Null).await?;
    assert_eq!(listed.stdout, b"\n");
    Ok(())
}

#[tokio::test]
async fn a_stopped_agent_is_an_error_in_the_command_only() -> Result<()> {
    let (sshd, agent) = (Sshd::start().await?, TestAgent::start()?);
    let session = agent.session(&sshd).await?;
    drop(agent);
    let listed = session.output(&sh("ssh-add -L 2>/dev/null || echo none")?, Input::Null).await?;
    assert_eq!(listed.stdout, b"none\n");
    Ok(())
}

/// OpenSSH's agent uses a key that is restricted to a host only for sessions
/// with that host.
#[tokio::test]
async fn the_agent_learns_the_host_of_a_request() -> Result<()> {
    let (sshd, agent) = (Sshd::start().await?, TestAgent::start()?);
    let known_hosts = agent.dir.path().join("known_hosts");
    let other = crate::sshd::make_host_key(&agent.dir.path().join("other"))?;
    std::fs::write(&known_hosts, format!("elsewhere.invalid {other}\n"))?;
    crate::sshd::make_host_key(&agent.dir.path().join("bound"))?;
    let added = Program::new("ssh-add")
        .args(["-q", "-h", "elsewhere.invalid", "-H"])
        .arg(&known_hosts)
        .arg(agent.dir.path().join("bound"))
        .env("SSH_AUTH_SOCK", agent.dir.path().join("agent"))
        .status()?;
    ensure!(added.success(), "`ssh-add` does not support `-h`");
    let session = agent.session(&sshd).await?;
    let listed = session.output(&sh("ssh-add -L")?, Input::Null).await?;
    assert_eq!(
        String::from_utf8(listed.stdout)?,
        agent.public_key()?,
        "the restricted key is not listed"
    );
    Ok(())
}
