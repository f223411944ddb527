//! Ports, editors and `workspace pull` with a remote engine.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use containai_tests::{Cai, Engine, Person, Repository, SshServer, TlsServer, wait_until};
use nix::sys::signal::Signal;

const TIMEOUT: Duration = Duration::from_secs(60);

/// A server in the container that answers `inside` on port 8000.
const SERVE: &str = "nohup perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(\
    LocalAddr => \"127.0.0.1:8000\", Listen => 9, ReuseAddr => 1) or die; \
    while (my $c = $s->accept) { print $c \"inside\"; close $c }' >/dev/null 2>&1 & \
    until grep -q '0100007F:1F40 00000000:0000 0A' /proc/net/tcp; do sleep 0.1; done";

fn port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

fn read_from(port: u16) -> String {
    let mut text = String::new();
    if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout can be set");
        let _ = stream.read_to_string(&mut text);
    }
    text
}

/// Checks forwards in both directions, in the foreground and the background, and the arguments that
/// an editor gets for its `ssh`.
fn check_ports_and_editors(
    person: &Person<'_>,
    repository: &Repository,
    through: &dyn Fn(Cai) -> Cai,
) {
    let cai = |words: &[&str]| through(person.cai(words.iter().copied())).current_dir(repository);
    let made = cai(&["run", "--image", "base", "--", "sh", "-c", SERVE]).run();
    made.success().stderr_contains("is another machine: it gets the workspace");
    let outside = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let target = outside.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for mut stream in outside.incoming().flatten() {
            let _ = stream.write_all(b"outside");
        }
    });

    let (tcp, kept) = (port(), port());
    let (local, remote) = (format!("{tcp}:localhost:8000"), format!("9000:localhost:{target}"));
    let mut forward = cai(&["forward", "-L", &local, "-R", &remote]).timeout(TIMEOUT * 3).start();
    wait_until(TIMEOUT, "the port leads inside", || {
        assert!(!forward.has_ended(), "it ended: {}", forward.stderr());
        (read_from(tcp) == "inside").then_some(())
    });
    let ask = "exec 3<>/dev/tcp/127.0.0.1/9000; cat <&3";
    cai(&["exec", "--", "bash", "-c", ask]).run().success().prints("outside");
    forward.signal(Signal::SIGINT);
    forward.outcome().success();
    assert_eq!(read_from(tcp), "");

    cai(&["forward", "--background", "-L", &format!("{kept}:localhost:8000")]).run().success();
    assert_eq!(read_from(kept), "inside");
    cai(&["forward", "remove", "--all"]).run().success();
    assert_eq!(read_from(kept), "");

    let alias = person.alias(repository.path());
    let expected = format!("code --remote ssh-remote+{alias} /home/agent/workspace\n");
    cai(&["open", "--editor", "code", "--print"]).run().success().prints(&expected);
    let ssh = person.openssh("ssh").args([&alias, "cat workspace/README"]).output();
    let ssh = ssh.expect("ssh is installed");
    assert_eq!(String::from_utf8_lossy(&ssh.stdout), "hello\n", "{ssh:?}");
    cai(&["stop", "--remove"]).run().success();
}

#[test]
fn ports_and_editors_work_over_ssh() {
    let (person, engine) = (Person::new(), Engine::shared());
    let server = SshServer::of(&person, engine);
    let repository = person.repository("ports-ssh");
    check_ports_and_editors(&person, &repository, &|cai| server.through(cai));
}

#[test]
fn ports_and_editors_work_over_tls() {
    let (person, engine) = (Person::new(), Engine::shared());
    let tls = TlsServer::of(&person, engine);
    let repository = person.repository("ports-tls");
    check_ports_and_editors(&person, &repository, &|cai| tls.through(cai));
}

#[test]
fn concurrent_sync_back_commands_wait_for_each_other() {
    let (person, engine) = (Person::new(), Engine::shared());
    let server = SshServer::of(&person, engine);
    let repository = person.repository("turns");
    let cai =
        |words: &[&str]| server.through(person.cai(words.iter().copied())).current_dir(&repository);
    let script = "for n in $(seq 50); do echo $n > made-$n; done; rm README";
    cai(&["run", "--image", "base", "--", "true"]).run().success();
    cai(&["exec", "--", "sh", "-c", script]).run().success();
    let both = [cai(&["workspace", "pull"]).start(), cai(&["workspace", "pull"]).start()];
    let texts = both.map(|running| running.outcome().success().stdout());
    let lines: usize = texts.iter().map(|text| text.lines().count()).sum();
    assert_eq!(lines, 51, "{texts:?}");
    assert!(texts.iter().any(String::is_empty), "{texts:?}");
    assert_eq!(fs::read_to_string(repository.join("made-50")).expect("the file arrived"), "50\n");
    assert!(!repository.join("README").exists());
}

#[test]
fn hooks_and_git_identity_are_copied_with_a_notice() {
    let (person, engine) = (Person::new(), Engine::shared());
    let server = SshServer::of(&person, engine);
    let repository = person.repository("along");
    let hooks = person.home().join(".config/containai/hooks/startup.d");
    fs::create_dir_all(&hooks).expect("a directory can be made");
    fs::write(hooks.join("10-mark"), "#!/bin/sh\ntouch ~/hooked\n").expect("a file can be written");
    fs::set_permissions(hooks.join("10-mark"), fs::Permissions::from_mode(0o755)).expect("ours");
    fs::write(person.home().join(".gitconfig"), "[user]\nname = Ada\nemail = ada@example.org\n")
        .expect("a file can be written");
    let cai =
        |words: &[&str]| server.through(person.cai(words.iter().copied())).current_dir(&repository);
    let made = cai(&["run", "--image", "base", "--", "git", "config", "user.name"]).run();
    made.success().prints("Ada\n").stderr_contains("your start-up hooks");
    wait_until(TIMEOUT, "the hook has run", || {
        let there = cai(&["exec", "--", "sh", "-c", "test -e ~/hooked"]).run();
        (there.status() == 0).then_some(())
    });
    // The notice is not repeated for an existing container.
    cai(&["run", "--", "true"]).run().success().stderr_lacks("another machine");
}
