//! The end and restart of the shared engine, as after a crash and a reboot.
//!
//! A binary of its own, because no other test can use the engine meanwhile, and a single test,
//! because its parts must not run at the same time.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use containai_tests::{Engine, Person, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

fn kill_process_in(path: &std::path::Path) {
    let text = fs::read_to_string(path).expect("a process id in a file");
    let pid = text.trim().parse().expect("a process id");
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("the process is there");
}

#[test]
fn containers_survive_the_end_of_their_engine() {
    let engine = Engine::shared();
    let person = Person::new();
    let repository = person.repository("survivor");
    let mark = "echo kept | tee /mnt/agent-data/marker | sudo tee /etc/marker >/dev/null; \
                docker volume create inner >/dev/null; cat /etc/ssh/ssh_host_ed25519_key.pub";
    let key = person.run(&repository, mark).line();
    let look = "cat /mnt/agent-data/marker /etc/marker; docker volume ls -q; \
                cat /etc/ssh/ssh_host_ed25519_key.pub";
    let expected = format!("kept\nkept\ninner\n{key}\n");

    // A crash: the supervisor restarts the engine, and the container runs on.
    let init = person.container(repository.path())["State"]["Pid"].clone();
    let before = fs::read_to_string(engine.layout().pid_file()).expect("a file");
    kill_process_in(&engine.layout().pid_file());
    wait_until(Duration::from_secs(60), "another engine", || {
        let now = fs::read_to_string(engine.layout().pid_file()).unwrap_or_default();
        (now != before && engine.api().answers()).then_some(())
    });
    person.exec(&repository, look).success().prints(&expected);
    assert_eq!(person.container(repository.path())["State"]["Pid"], init, "it never stopped");

    // A command meanwhile waits for the engine.
    kill_process_in(&engine.layout().pid_file());
    let waited = person.exec(&repository, look);
    waited.success().prints(&expected).stderr_contains("waiting for the engine");

    // Another program takes the port meanwhile.
    let port = |container: &Value| -> u16 {
        let port = &container["HostConfig"]["PortBindings"]["22/tcp"][0]["HostPort"];
        port.as_str().and_then(|port| port.parse().ok()).expect("a port")
    };
    let before = port(&person.container(repository.path()));
    kill_process_in(&engine.layout().pid_file());
    let taken = wait_until(Duration::from_secs(20), "the port", || {
        TcpListener::bind(("127.0.0.1", before)).ok()
    });
    person.exec(&repository, look).success().prints(&expected);
    assert_ne!(port(&person.container(repository.path())), before, "it was moved");
    drop(taken);

    // A container that restarts with the engine, unless it was stopped.
    let other = person.repository("restarts");
    let arguments = ["run", "--image", "base", "--restart", "unless-stopped", "--", "true"];
    person.cai(arguments).current_dir(&other).run().success();
    let state = || person.container(other.path())["State"]["Status"].clone();
    let init = person.container(other.path())["State"]["Pid"].as_i64().expect("a process id");
    kill_process_in(&engine.layout().supervisor_pid_file());
    kill_process_in(&engine.layout().pid_file());
    kill(Pid::from_raw(i32::try_from(init).expect("it fits")), Signal::SIGKILL).expect("init");
    engine.supervisor("start");
    wait_until(Duration::from_secs(30), "the container", || (state() == "running").then_some(()));
    person.exec(&other, "true").success();
    person.cai(["stop"]).current_dir(&other).run().success();
    engine.supervisor("restart");
    assert_eq!(state(), "exited", "a command stopped it");

    // A reboot: nothing runs until a command needs it.
    engine.supervisor("stop");
    assert!(!engine.api().answers());
    person.exec(&repository, "true").fails(111, "").stderr_contains("cai setup");
    person.run(&repository, "true").fails(111, "not running").stderr_contains("cai setup");
    let run = ["run", "--yes", "--", "sh", "-c", look];
    person.cai(run).current_dir(&repository).run().success().prints(&expected);

    // A power cut: no process could clean up.
    let init = person.container(repository.path())["State"]["Pid"].as_i64().expect("a process id");
    kill_process_in(&engine.layout().supervisor_pid_file());
    kill_process_in(&engine.layout().pid_file());
    kill(Pid::from_raw(i32::try_from(init).expect("it fits")), Signal::SIGKILL).expect("init");
    let run = ["run", "--yes", "--", "sh", "-c", look];
    person.cai(run).current_dir(&repository).run().success().prints(&expected);
}
