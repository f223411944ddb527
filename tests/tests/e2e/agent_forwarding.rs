//! Forwarding of the person's SSH agent.

use std::process::{Child, Stdio};
use std::time::Duration;

use containai_tests::{Person, Repository, SshAgent, wait_until};

const LIST: &str = "ssh-add -L 2>/dev/null || echo none";

fn prepared(name: &str) -> (Person<'static>, Repository, SshAgent) {
    let person = Person::new();
    person.cai(["setup", "--yes"]).run().success();
    let repository = person.repository(name);
    person.run(&repository, "true").success();
    let agent = SshAgent::of(&person);
    (person, repository, agent)
}

#[test]
fn agent_is_forwarded_only_on_request() {
    let (person, repository, agent) = prepared("lent");
    let list = |options: &[&str]| {
        let words = ["exec"].iter().chain(options).chain(&["--", "sh", "-c", LIST]);
        let cai = person.cai(words.copied()).env("SSH_AUTH_SOCK", agent.socket());
        cai.current_dir(&repository).run().success().stdout()
    };
    assert_eq!(list(&[]), "none\n");
    assert_eq!(list(&["-A"]), agent.public_key());
    assert_eq!(list(&[]), "none\n", "forwarding applies to one command");

    let config = person.home().join(".config/containai/config.toml");
    let before = std::fs::read_to_string(&config).expect("a person has a configuration");
    let section =
        format!("[workspace.'{}'.ssh]\nforward_agent = true\n", repository.path().display());
    person.configure(&format!("{before}{section}"));
    assert_eq!(list(&[]), agent.public_key());
    let alias = person.alias(repository.path());
    let ssh =
        person.openssh("ssh").args([&alias, LIST]).env("SSH_AUTH_SOCK", agent.socket()).output();
    let shown = ssh.expect("ssh is installed").stdout;
    assert_eq!(String::from_utf8_lossy(&shown), agent.public_key());

    let missing = person.cai(["exec", "-A", "--", "true"]).current_dir(&repository).run();
    missing.success().stderr_contains("cannot forward an SSH agent");
}

/// A session of plain `ssh -A` that lasts until it is killed.
struct AgentSession(Child);

impl AgentSession {
    fn start(person: &Person<'_>, alias: &str, agent: &SshAgent) -> Self {
        let mut ssh = person.openssh("ssh");
        ssh.args(["-o", "ForwardAgent=yes", alias, "echo up; exec sleep 300"]);
        ssh.env("SSH_AUTH_SOCK", agent.socket()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = ssh.spawn().expect("ssh is installed");
        let mut line = [0; 3];
        let stdout = child.stdout.as_mut().expect("a pipe");
        std::io::Read::read_exact(stdout, &mut line).expect("the session is up");
        Self(child)
    }
}

impl Drop for AgentSession {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn agent_socket_follows_the_living_session() {
    let (person, repository, agent) = prepared("one-path");
    let alias = person.alias(repository.path());
    let path = "echo $SSH_AUTH_SOCK";
    assert_eq!(person.exec(&repository, path).line(), "/run/containai/agent.sock");
    let shown =
        person.openssh("ssh").args(["-A", &alias, path]).output().expect("ssh is installed");
    assert_eq!(shown.stdout, b"/run/containai/agent.sock\n", "{shown:?}");

    let list = || person.exec(&repository, LIST).success().stdout();
    let first = AgentSession::start(&person, &alias, &agent);
    let second = AgentSession::start(&person, &alias, &agent);
    assert_eq!(list(), agent.public_key());
    drop(second);
    assert_eq!(list(), agent.public_key(), "the older session provides the agent");
    let third = AgentSession::start(&person, &alias, &agent);
    drop(first);
    assert_eq!(list(), agent.public_key(), "the newer session provides the agent");
    // An agent started in the container is not the person's.
    person.exec(&repository, "ssh-agent > /dev/null; sleep 0.1").success();
    assert_eq!(list(), agent.public_key());
    drop(third);
    wait_until(Duration::from_secs(60), "nothing is lent any more", || {
        (list() == "none\n").then_some(())
    });
    assert_eq!(person.exec(&repository, "systemctl is-system-running").line(), "running");
}

#[test]
fn git_pushes_and_signs_with_a_key_of_the_host() {
    let (person, repository, agent) = prepared("signs");
    let key = agent.public_key();
    let serve = format!(
        "set -e; mkdir -p /tmp/server; cd /tmp/server; printf '%s' '{}' > keys; \
         ssh-keygen -q -t ed25519 -N '' -f host; \
         printf 'localhost %s\\n' \"$(cut -d' ' -f1,2 host.pub)\" > known; \
         git clone --quiet --bare ~/workspace bare.git; \
         /usr/sbin/sshd -f /dev/null -p 2222 -h /tmp/server/host -o ListenAddress=127.0.0.1 \
           -o PidFile=none -o UsePAM=no -o StrictModes=no -o PasswordAuthentication=no \
           -o KbdInteractiveAuthentication=no -o AuthorizedKeysFile=/tmp/server/keys",
        key.trim_end(),
    );
    person.exec(&repository, &serve).success();
    let push = format!(
        "set -e; export GIT_SSH_COMMAND='ssh -o UserKnownHostsFile=/tmp/server/known \
           -o HostKeyAlias=localhost -o StrictHostKeyChecking=yes -o BatchMode=yes'; \
         printf '%s' '{}' > /tmp/server/signer.pub; \
         git clone --quiet ssh://agent@127.0.0.1:2222/tmp/server/bare.git /tmp/clone; cd /tmp/clone; \
         git config user.name Test; git config user.email test@localhost; \
         git config gpg.format ssh; git config user.signingkey /tmp/server/signer.pub; \
         git commit --quiet --allow-empty -S --message=signed; git push --quiet; \
         printf 'test@localhost %s' '{}' > /tmp/server/signers; \
         git config gpg.ssh.allowedSignersFile /tmp/server/signers; git verify-commit HEAD 2>&1",
        key.trim_end(),
        key.trim_end(),
    );
    let words = |option: &str| {
        let words = ["exec", option, "--", "sh", "-c", &push];
        person.cai(words).env("SSH_AUTH_SOCK", agent.socket()).current_dir(&repository).run()
    };
    let without = words("--quiet");
    assert_ne!(without.status(), 0, "{without}");
    let pushed = words("--forward-agent").success().stdout();
    assert!(pushed.contains("Good \"git\" signature for test@localhost"), "{pushed}");
    let log = person.exec(&repository, "git -C /tmp/server/bare.git log -1 --format=%s");
    log.success().prints("signed\n");
}
