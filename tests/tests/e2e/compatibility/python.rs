//! paramiko and AsyncSSH.

use super::container::{Container, outcome};
use super::installed::{python, python_version, script};
use super::table::Client;

/// The features that each script can try, by its first argument.
const FEATURES: [(&str, &str); 5] = [
    ("exec", "output, binary stdin and exit status"),
    ("terminal", "terminal"),
    ("sftp", "SFTP both ways"),
    ("forward", "forwarded connection"),
    ("streams", "many sessions on one connection"),
];

#[test]
fn paramiko_connects() {
    let container = Container::start("compat-paramiko");
    let client = Client::new("paramiko", python_version("paramiko"));
    try_all(&container, &client, "paramiko_client.py");
}

#[test]
fn asyncssh_connects() {
    let container = Container::start("compat-asyncssh");
    let client = Client::new("AsyncSSH", python_version("asyncssh"));
    try_all(&container, &client, "asyncssh_client.py");
}

fn try_all(container: &Container, client: &Client, name: &str) {
    let call = |feature: &str, pins: &std::path::Path| {
        let mut command = python("python");
        command.arg(script(name)).args([feature, &container.alias]);
        command.arg(container.fragment()).arg(pins).env("HOME", container.person.home());
        outcome(command, b"")
    };
    for (feature, title) in FEATURES {
        client.can(title, || {
            call(feature, &container.known_hosts()).success().prints("ok\n");
        });
    }
    client.can("refuses any other host key", || {
        call("exec", &container.other_known_hosts()).code(114);
    });
}
