//! Connection sharing.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use containai_tests::{Person, Repository, wait_until};

/// Prints the connection of a command as sshd reports it: both ports.
const CONNECTION: &str = "echo \"$SSH_CONNECTION\"";

fn socket(person: &Person<'_>) -> PathBuf {
    person.home().join(".config/containai/run/mux.sock")
}

/// Returns a repository whose container runs, with an idle shared connection.
fn prepared(person: &Person<'_>, name: &str) -> Repository {
    let repository = person.repository(name);
    person.run(&repository, "true").success();
    wait_until(Duration::from_secs(60), "a broker", || socket(person).exists().then_some(()));
    // The first command may run before the connection is established.
    person.exec(&repository, "true").success();
    repository
}

/// Returns the process ids of a person's mux daemons.
fn mux_daemons(person: &Person<'_>) -> Vec<u32> {
    let home = format!("HOME={}\0", person.home().display());
    let is_broker = |pid: &u32| {
        let read = |file| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        read("cmdline").starts_with(b"containai-mux\0")
            && read("environ").windows(home.len()).any(|window| window == home.as_bytes())
    };
    let entries = fs::read_dir("/proc").expect("there are processes").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(is_broker).collect()
}

#[test]
fn concurrent_commands_share_one_connection() {
    let person = Person::new();
    let repository = prepared(&person, "ten");
    let first = person.exec(&repository, CONNECTION).line();
    for status in 1..=10 {
        let script = format!("{CONNECTION}; cat; echo told >&2; exit {status}");
        let exec = person.cai(["exec", "--", "sh", "-c", &script]).current_dir(&repository);
        let outcome = exec.stdin("payload").run();
        outcome.code(status);
        assert_eq!(outcome.stdout(), format!("{first}\npayload"));
        assert_eq!(outcome.stderr(), "told\n");
    }
    let own =
        person.cai(["--no-mux", "exec", "--", "sh", "-c", CONNECTION]).current_dir(&repository);
    assert_ne!(own.run().line(), first);
    assert_eq!(person.run(&repository, CONNECTION).line(), first, "`run` shares it too");
}

#[test]
fn connections_of_two_containers_are_not_confused() {
    let person = Person::new();
    let repositories = ["left", "right"].map(|name| prepared(&person, name));
    for _ in 0..5 {
        for (repository, name) in repositories.iter().zip(["left", "right"]) {
            assert_eq!(person.exec(repository, "hostname").line(), format!("{name}-main"));
        }
    }
    let running: Vec<_> = (0..8)
        .map(|turn| {
            let repository = &repositories[turn % 2];
            person
                .cai(["exec", "--", "sh", "-c", "hostname; sleep 0.2"])
                .current_dir(repository)
                .start()
        })
        .collect();
    for (turn, running) in running.into_iter().enumerate() {
        let name = ["left", "right"][turn % 2];
        assert_eq!(running.outcome().success().stdout(), format!("{name}-main\n"));
    }
}

#[test]
fn reused_name_leads_to_the_new_container() {
    let person = Person::new();
    let repositories = ["first", "second"].map(|name| person.repository(name));
    let away = person.repository("away");
    for (repository, name) in repositories.iter().zip(["first", "second"]) {
        fs::write(repository.path().join("who"), name).expect("a file can be written");
        let run = ["run", "--image", "base", "--container", "passed-on", "--", "true"];
        person.cai(run).current_dir(repository).run().success();
        wait_until(Duration::from_secs(60), "a broker", || socket(&person).exists().then_some(()));
        for _ in 0..3 {
            let exec = ["exec", "--container", "passed-on", "--", "cat", "who"];
            assert_eq!(person.cai(exec).current_dir(&away).run().line(), name);
        }
        person.cai(["stop", "--remove"]).current_dir(repository).run().success();
    }
}

#[test]
fn restarted_or_replaced_container_gets_a_new_connection() {
    let person = Person::new();
    let repository = prepared(&person, "restarted");
    let id = person.container(repository.path())["Id"].as_str().expect("an id").to_owned();
    let before = person.exec(&repository, CONNECTION).line();
    person.api().post(&format!("/containers/{id}/restart?t=30"), &serde_json::Value::Null);
    let runs = "echo run >> /home/agent/workspace/runs; ";
    let after = person.exec(&repository, &format!("{runs}{CONNECTION}")).line();
    assert_ne!(after, before);
    assert_eq!(fs::read_to_string(repository.path().join("runs")).expect("it ran"), "run\n");

    person.cai(["stop"]).current_dir(&repository).run().success();
    assert_eq!(person.exec(&repository, "echo started").line(), "started");
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    person.exec(&repository, "true").fails(1, "no container");
    assert_eq!(person.run(&repository, "cat runs").line(), "run");
    assert_ne!(person.container(repository.path())["Id"].as_str(), Some(id.as_str()));
}

#[test]
fn shell_over_a_shared_connection_has_a_terminal() {
    let person = Person::new();
    let repository = prepared(&person, "terminal");
    let shared = person.exec(&repository, CONNECTION).line();
    let mut terminal = person.cai(["shell"]).current_dir(&repository).on_terminal(93, 31);
    terminal.type_text("stty size; echo \"<$SSH_CONNECTION>\"\r");
    terminal.wait_for("31 93");
    terminal.wait_for(&format!("<{shared}>"));
    // The shell uses the only connection, so this opens another one.
    assert_ne!(person.exec(&repository, CONNECTION).line(), shared);
    terminal.resize(117, 41);
    terminal.type_text("until stty size | grep 11[7]; do sleep 0.1; done\r");
    terminal.wait_for("41 117");
    terminal.type_text("exit 7\r");
    assert_eq!(terminal.code(), 7);
}

#[test]
fn mux_daemon_is_private_and_can_be_disabled() {
    let person = Person::new();
    let repository = person.repository("private");
    let run = || person.cai(["run", "--image", "base", "--", "true"]).current_dir(&repository);
    run().run().success();
    person.cai(["stop"]).current_dir(&repository).run().success();
    let off = "[ssh]\nmux = false\n";
    let config = person.home().join(".config/containai/config.toml");
    let before = fs::read_to_string(&config).expect("a person has a configuration");
    wait_until(Duration::from_secs(60), "a broker", || socket(&person).exists().then_some(()));
    for pid in mux_daemons(&person) {
        let pid = nix::unistd::Pid::from_raw(pid.try_into().expect("a process id fits"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it exists");
    }
    wait_until(Duration::from_secs(30), "the end", || {
        mux_daemons(&person).is_empty().then_some(())
    });
    fs::remove_file(socket(&person)).expect("it was left behind");
    fs::write(&config, before.replace("[ssh]\n", off)).expect("a file can be written");
    run().run().success();
    assert!(!socket(&person).exists());

    fs::write(&config, &before).expect("a file can be written");
    let exec = person.cai(["exec", "--", "true"]).current_dir(&repository).env("TOKEN", "hush-42");
    exec.run().success();
    wait_until(Duration::from_secs(60), "a broker", || socket(&person).exists().then_some(()));
    let mode = |path: &std::path::Path| fs::metadata(path).expect("it exists").mode() & 0o777;
    assert_eq!(mode(&socket(&person)), 0o600);
    assert_eq!(mode(socket(&person).parent().expect("a directory")), 0o700);
    for pid in mux_daemons(&person) {
        for file in ["environ", "cmdline"] {
            let text = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&text).contains("hush-42"), "{file}");
        }
    }
}
