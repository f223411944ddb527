//! Faults between two commands, or during one. The next command works, or prints the remedy.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::Duration;

use containai_tests::{Person, Repository, wait_until};

const TIMEOUT: Duration = Duration::from_secs(60);

fn prepared(name: &str) -> (Person<'static>, Repository, String) {
    let person = Person::new();
    person.cai(["setup", "--yes"]).run().success();
    let repository = person.repository(name);
    person.run(&repository, "true").success();
    let alias = person.alias(repository.path());
    (person, repository, alias)
}

/// Returns whether plain `ssh` reaches the container without a prompt.
fn ssh_reaches(person: &Person<'_>, alias: &str) -> bool {
    let mut ssh = person.openssh("ssh");
    let output = ssh.args(["-oBatchMode=yes", alias, "echo reached"]).stdin(Stdio::null()).output();
    output.expect("ssh is installed").stdout == b"reached\n"
}

#[test]
fn killed_server_ends_its_sessions_and_serves_new_ones() {
    let (person, repository, _) = prepared("sshd-killed");
    for mux in [&["exec"][..], &["exec", "--no-mux"]] {
        let words = mux.iter().chain(&["--", "sh", "-c", "echo started; exec sleep 600"]);
        let mut running = person.cai(words).current_dir(&repository).timeout(TIMEOUT).start();
        wait_until(TIMEOUT, "it runs", || (running.stdout() == "started\n").then_some(()));
        assert!(!running.has_ended());
        let kill = "sudo systemd-run --quiet --on-active=0 systemctl kill --signal=KILL ssh";
        person.cai(["exec", "--no-mux", "--", "sh", "-c", kill]).current_dir(&repository).run();
        let ended = running.outcome();
        assert_eq!(ended.status(), 113, "{ended}");
        ended
            .stderr_contains("error: the SSH connection to port")
            .stderr_contains("hint:")
            .prints("started\n");
        person.exec(&repository, "echo again").success().prints("again\n");
    }
}

#[test]
fn killed_container_ends_its_sessions() {
    let (person, repository, _) = prepared("killed-under");
    let running = person.cai(["exec", "--", "sh", "-c", "echo started; exec sleep 600"]);
    let running = running.current_dir(&repository).timeout(TIMEOUT).start();
    wait_until(TIMEOUT, "it runs", || (running.stdout() == "started\n").then_some(()));
    let id = person.container(repository.path())["Id"].as_str().expect("an id").to_owned();
    person.api().post(&format!("/containers/{id}/kill"), &serde_json::Value::Null);
    let ended = running.outcome();
    assert_eq!(ended.status(), 113, "{ended}");
    ended.stderr_contains("hint: ").prints("started\n");
    person.exec(&repository, "echo again").success().prints("again\n");
}

#[test]
fn deleted_key_is_recreated_and_installed() {
    let (person, repository, alias) = prepared("keyless");
    let key = person.home().join(".config/containai/id_containai");
    let old = fs::read(&key).expect("there is a key");
    for path in [key.clone(), key.with_extension("pub")] {
        fs::remove_file(path).expect("it exists");
    }
    let healed = person.cai(["exec", "--no-mux", "--", "true"]).current_dir(&repository).run();
    healed.success();
    assert_ne!(fs::read(&key).expect("there is a new one"), old);
    person.exec(&repository, "echo healed").success().prints("healed\n");
    assert!(ssh_reaches(&person, &alias));
}

#[test]
fn corrupt_pins_are_recreated() {
    let (person, repository, alias) = prepared("pinless");
    let pins = person.home().join(".config/containai/known_hosts");
    let good = fs::read(&pins).expect("keys are pinned");
    let half = good[..good.len() / 2].to_vec();
    let spoilt = [
        Vec::new(),
        half,
        vec![0xff; 70_000],
        b"@revoked * x\n\0|1|x|y ssh-ed25519 AAAA\n".to_vec(),
    ];
    for text in spoilt {
        fs::write(&pins, text).expect("a file can be written");
        person.exec(&repository, "echo reached").success().prints("reached\n");
        assert!(ssh_reaches(&person, &alias));
    }
    fs::remove_file(&pins).expect("it exists");
    person.exec(&repository, "echo reached").success().prints("reached\n");
    assert!(ssh_reaches(&person, &alias));
}

#[test]
fn deleted_configuration_is_rewritten() {
    let (person, repository, alias) = prepared("configless");
    let ssh = person.home().join(".ssh");
    for verb in ["exec", "run"] {
        fs::remove_dir_all(ssh.join("containai.d")).expect("it exists");
        person.cai([verb, "--", "echo", "reached"]).current_dir(&repository).run().success();
        assert!(ssh_reaches(&person, &alias), "after {verb}");
    }
    // Only set-up changes the user's own file.
    fs::remove_file(ssh.join("config")).expect("it exists");
    let reported = person.cai(["run", "--", "true"]).current_dir(&repository).run();
    reported.success();
    person.cai(["setup", "--yes"]).run().success();
    assert!(ssh_reaches(&person, &alias));
}

#[test]
fn server_that_rejects_variables_runs_no_command() {
    let (person, repository, _) = prepared("no-variables");
    let deafen = "sudo sed -i 's/^AcceptEnv .*/AcceptEnv LANG/' /etc/ssh/sshd_config &&
        sudo systemd-run --quiet --on-active=0 systemctl restart ssh";
    person.exec(&repository, deafen).success();
    let exec = |words: &[&str]| {
        let words = ["exec", "--no-mux", "-e", "TOKEN=hush"].iter().chain(words);
        person.cai(words).current_dir(&repository).run()
    };
    let refused = wait_until(TIMEOUT, "the server takes none", || {
        Some(exec(&["--", "touch", "ran"])).filter(|outcome| outcome.status() == 112)
    });
    refused
        .fails(112, "the SSH server does not accept environment variables")
        .stderr_contains("`cai stop --remove`");
    refused.stderr_lacks("hush");
    fs::remove_file(repository.path().join("ran")).ok();
    exec(&["--", "touch", "ran"]).code(112);
    exec(&["--detach", "--", "touch", "ran"]).code(112);
    assert!(!repository.path().join("ran").exists(), "the command was not run");
    person.exec(&repository, "echo without").success().prints("without\n");
}

#[test]
fn failed_start_leaves_nothing_behind() {
    let (person, repository, _) = prepared("no-directory");
    let closed = |mode| {
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(repository.path(), mode).expect("root may do that");
    };
    closed(0o000);
    let workspace = repository.path().display().to_string();
    let words = ["exec", "-w", &workspace, "--detach", "--", "touch", "/tmp/ran"];
    // Not from inside the directory, where no process could be started.
    let refused = person.cai(words).run();
    closed(0o755);
    assert!([1, 2].contains(&refused.status()), "{refused}");
    refused.prints("").stderr_contains("/home/agent/workspace").stderr_lacks("journal");
    person.exec(&repository, "test ! -e /tmp/ran").success();
}
