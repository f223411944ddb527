//! Ports: each container gets one, and a lost port is replaced without data loss.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use containai_tests::{Person, Repository};
use nix::sys::signal::Signal;
use serde_json::Value;

/// Delays within a move to another port, in milliseconds; the move takes about a second.
const DELAYS: [u64; 8] = [60, 120, 180, 250, 330, 420, 550, 700];

/// Returns the mounts of a container, as `inspect` shows them.
fn mounts(container: &Value) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mounts = container["Mounts"].as_array().expect("mounts");
    mounts.iter().map(|it| (text(&it["Destination"]), text(&it["Source"]))).collect()
}

fn port(container: &Value) -> u16 {
    let label = container["Config"]["Labels"]["containai.ssh-port"].as_str();
    label.and_then(|port| port.parse().ok()).expect("a port")
}

/// Stops the container and has another program listen on its port.
fn lose_port(person: &Person<'_>, repository: &Repository) -> TcpListener {
    let container = person.container(repository.path());
    person.cai(["stop"]).current_dir(repository).run().success();
    TcpListener::bind(("127.0.0.1", port(&container))).expect("the port is free")
}

fn committed_images(person: &Person<'_>, container: &Value) -> usize {
    let id = container["Id"].as_str().expect("an id").get(..12).expect("an id is long");
    let image = container["Config"]["Image"].as_str().expect("an image").to_owned();
    let all = person.api().get("/images/json").to_string();
    let own = format!("containai/kept:{id}");
    [own, image].iter().filter(|it| it.contains("/kept:") && all.contains(it.as_str())).count()
}

#[test]
fn stopped_container_moves_to_another_port_with_its_state() {
    let person = Person::new();
    person.cai(["setup", "--yes"]).run().success();
    let repository = person.repository("moving");
    let write = "echo precious | sudo tee /etc/mine && sudo chown 4321:agent /etc/mine &&
        sudo chmod 640 /etc/mine && echo kept | sudo tee /mnt/agent-data/mine";
    let run = ["run", "--image", "base", "--memory", "777m", "--cpus", "1.5", "--"];
    person.cai(run).args(["sh", "-c", write]).current_dir(&repository).run().success();
    let key = person.exec(&repository, "cat /etc/ssh/ssh_host_ed25519_key.pub").line();
    let before = person.container(repository.path());

    let _listener = lose_port(&person, &repository);
    let read = "stat -c '%u %G %a' /etc/mine; cat /etc/mine /mnt/agent-data/mine README";
    let moved = person.run(&repository, read);
    moved.success().prints("4321 agent 640\nprecious\nkept\nhello\n");
    moved.stderr_contains("port of moving-main is in use by another program");

    let after = person.container(repository.path());
    assert_ne!(port(&after), port(&before));
    assert_eq!(mounts(&after), mounts(&before));
    for place in ["/Name", "/Config/Hostname", "/Config/Env", "/Config/Cmd", "/Config/StopSignal"] {
        assert_eq!(after.pointer(place), before.pointer(place), "{place}");
    }
    for key in ["Memory", "MemorySwap", "NanoCpus", "PidsLimit", "Runtime", "Privileged"] {
        assert_eq!(after["HostConfig"][key], before["HostConfig"][key], "{key}");
    }
    let same = person.exec(&repository, "cat /etc/ssh/ssh_host_ed25519_key.pub").line();
    assert_eq!(same, key, "the host key is kept");
    let mut ssh = person.openssh("ssh");
    let shown = ssh.args(["containai-moving-main", "echo reached"]).stdin(Stdio::null()).output();
    assert_eq!(shown.expect("ssh is installed").stdout, b"reached\n");
    let known = person.home().join(".config/containai/known_hosts");
    let known = std::fs::read_to_string(known).expect("keys are pinned");
    assert!(!known.contains(&format!("]:{} ", port(&before))), "{known}");

    person.cai(["status"]).current_dir(&repository).run().success();
    assert_eq!(committed_images(&person, &after), 1);
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    assert_eq!(committed_images(&person, &after), 0);
}

#[test]
fn killed_move_loses_nothing() {
    let person = Person::new();
    let repository = person.repository("killed");
    let write = "echo precious | sudo tee /etc/mine && echo kept | sudo tee /mnt/agent-data/mine";
    person.run(&repository, write).success();
    let first = mounts(&person.container(repository.path()));
    for delay in DELAYS {
        let listener = lose_port(&person, &repository);
        let run = ["run", "--", "true"];
        let running = person.cai(run).current_dir(&repository).start();
        running.signal_after(Duration::from_millis(delay), Signal::SIGKILL);
        running.outcome();

        let read = "cat /etc/mine /mnt/agent-data/mine";
        let repaired = person.run(&repository, read);
        repaired.success().prints("precious\nkept\n");
        let container = person.container(repository.path());
        assert_eq!(container["Name"], "/killed-main", "after {delay} ms");
        assert_eq!(mounts(&container), first, "after {delay} ms");
        drop(listener);
    }
    let last = person.container(repository.path());
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    assert_eq!(committed_images(&person, &last), 0);
}

#[test]
fn concurrent_first_runs_get_distinct_ports() {
    let person = Person::new();
    person.configure("[ssh]\nport_range_start = 21920\nport_range_end = 21939\n");
    let repositories: Vec<_> = (0..20).map(|n| person.repository(&format!("crowd-{n}"))).collect();
    let run = ["run", "--image", "base", "--", "hostname"];
    let runs: Vec<_> = repositories
        .iter()
        .map(|repository| person.cai(run).current_dir(repository).start())
        .collect();
    for (n, running) in runs.into_iter().enumerate() {
        running.outcome().success().prints(&format!("crowd-{n}-main\n"));
    }
    let ports: BTreeSet<_> =
        repositories.iter().map(|it| port(&person.container(it.path()))).collect();
    assert_eq!(ports, (21920..=21939).collect());

    let more = person.repository("one-too-many");
    let refused = person.run(&more, "true");
    refused.fails(112, "no free port from 21920 to 21939");
    for n in 0..20 {
        refused.stderr_contains(&format!("crowd-{n}-main"));
    }
}
