//! OpenSSH's `ssh`.

use std::process::Command;

use super::container::{Container, outcome, output};
use super::table::Client;

/// Returns OpenSSH with its version, such as `9.2p1`.
pub(super) fn client(program: &'static str) -> Client {
    let shown = Command::new("ssh").arg("-V").output().expect("ssh is installed");
    let shown = String::from_utf8_lossy(&shown.stderr).into_owned();
    let version = shown.split([' ', '_', ',']).nth(1).unwrap_or_default().to_owned();
    Client::new(program, version)
}

#[test]
fn ssh_runs_commands() {
    let container = Container::start("compat-ssh");
    let client = client("ssh");
    let ssh = |args: &[&str]| {
        let mut command = container.person.openssh("ssh");
        command.arg(&container.alias).args(args);
        command
    };
    client.can("`-G` shows the pinned settings", || {
        let settings = output(container.person.openssh("ssh").args(["-G", &container.alias]));
        for line in ["stricthostkeychecking true", "hostname 127.0.0.1", "user agent"] {
            assert!(settings.lines().any(|shown| shown == line), "no `{line}` in {settings}");
        }
    });
    client.can("exit status", || {
        outcome(ssh(&["exit 43"]), b"").code(43);
    });
    client.can("binary stdin and stdout, to the end of each", || {
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| ((n * 7) >> 3) as u8).collect();
        let back = outcome(ssh(&["cat"]), &bytes);
        assert!(back.success().bytes() == bytes, "the output differs from the input");
    });
    client.can("terminal", || {
        let shown = outcome(ssh(&["-tt", "tty && echo $TERM"]), b"");
        assert!(shown.success().stdout().starts_with("/dev/pts/"), "{shown}");
    });
    client.can("refuses any other host key", || {
        let mut command = container.person.openssh("ssh");
        let option = format!("-oUserKnownHostsFile={}", container.other_known_hosts().display());
        command.args([&option, &container.alias, "true"]);
        outcome(command, b"").code(255).stderr_contains("Host key verification failed");
    });
}

#[test]
fn ssh_shares_a_connection() {
    let container = Container::start("compat-master");
    client("ssh").can("ControlMaster", || {
        let socket = container.person.beside("control");
        let path = format!("-oControlPath={}", socket.display());
        let shared = |args: &[&str]| {
            let mut command = container.person.openssh("ssh");
            command.arg(&path).args(args);
            command
        };
        let alias = &container.alias;
        // Its end waits for all processes that have the streams of the caller.
        output(shared(&["-oControlMaster=yes", "-fN"]).arg(alias));
        // The connection is the same one, because the options allow no new one.
        let over = output(&mut shared(&["-oProxyCommand=false", alias, "echo $SSH_CONNECTION"]));
        let again = output(&mut shared(&["-oProxyCommand=false", alias, "echo $SSH_CONNECTION"]));
        assert!(!over.trim().is_empty() && over == again, "{over}{again}");
        output(shared(&["-O", "exit", alias]).env("LANG", "C"));
    });
}

#[test]
fn ssh_jumps_through_a_container() {
    let container = Container::start("compat-jump");
    client("ssh").can("`-J` through the container, end to end with its key", || {
        let pinned = format!("-oHostKeyAlias={}", container.pinned_name());
        let mut command = container.person.openssh("ssh");
        command.args(["-J", &container.alias, "-oPort=22", &pinned, &container.alias]);
        let shown = output(command.arg("echo $SSH_CONNECTION"));
        assert!(shown.starts_with("127.0.0.1 "), "the connection comes from {shown}");
    });
}
