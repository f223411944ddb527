//! Ansible.

use std::fs;
use std::process::Command;

use super::container::{Container, outcome, output};
use super::installed::{python, python_version};
use super::table::Client;

/// Ansible's modules need Python, which the image `base` does not contain.
const PYTHON: &str = "command -v python3 > /dev/null || {
    sudo apt-get update -q && sudo apt-get install -q -y --no-install-recommends python3
} > /tmp/apt 2>&1 || { cat /tmp/apt >&2; exit 1; }";

#[test]
fn ansible_runs_a_playbook() {
    let container = Container::start("compat-ansible");
    let client = Client::new("ansible-core", python_version("ansible-core"));
    container.person.exec(&container.repository, PYTHON).success();
    for (title, pipelining) in [("pipelining off", "False"), ("pipelining on", "True")] {
        client.can(&format!("ping, {title}"), || {
            let shown = output(&mut ansible(&container, pipelining, &["-m", "ping"]));
            assert!(shown.contains("SUCCESS") && shown.contains("pong"), "{shown}");
        });
        client.can(&format!("copy, {title}"), || {
            let source = container.person.beside("to-copy");
            fs::write(&source, "copied\n").expect("a file can be written");
            let there = format!("/tmp/copied-{pipelining}");
            let arguments = format!("src={} dest={there} mode=0640", source.display());
            let args = ["-m", "copy", "-a", &arguments];
            output(&mut ansible(&container, pipelining, &args));
            let again = output(&mut ansible(&container, pipelining, &args));
            assert!(again.contains("\"changed\": false"), "{again}");
            let shown = container.ssh(&format!("cat {there}; stat -c %a {there}"));
            assert_eq!(shown, "copied\n640\n");
        });
    }
    client.can("refuses any other host key", || {
        let mut command = ansible(&container, "True", &["-m", "ping"]);
        let pins = container.other_known_hosts();
        command.arg(format!("--ssh-extra-args=-oUserKnownHostsFile={}", pins.display()));
        command.arg("--ssh-common-args=-oControlPath=none");
        let refused = outcome(command, b"");
        assert!(refused.stdout().contains("Host key verification failed"), "{refused}");
        refused.code(4);
    });
}

fn ansible(container: &Container, pipelining: &str, args: &[&str]) -> Command {
    let (home, alias) = (container.person.home(), &container.alias);
    let mut command = python("ansible");
    command.args(["--inventory", &format!("{alias},"), "all"]).args(args);
    // It reads no configuration of the machine; its control sockets need a short path.
    let config = container.person.beside("ansible.cfg");
    fs::write(&config, "[defaults]\n").expect("a file can be written");
    command.env("HOME", &home).env("ANSIBLE_CONFIG", config).env("ANSIBLE_HOME", &home);
    command.env("ANSIBLE_SSH_CONTROL_PATH_DIR", container.person.beside("cp"));
    command.env("ANSIBLE_HOST_KEY_CHECKING", "True").env("ANSIBLE_PIPELINING", pipelining);
    let shared = "-oControlMaster=auto -oControlPersist=5s";
    command.env("ANSIBLE_SSH_ARGS", format!("-F {} {shared}", container.config().display()));
    command.env("ANSIBLE_NOCOLOR", "1").env("LC_ALL", "C.UTF-8");
    command.current_dir(&home);
    command
}
