//! Stopping, and what is asked before.

use std::time::Duration;

use containai_tests::{Person, until};

#[test]
fn stopping_twice_and_removing_leaves_nothing_behind() {
    let person = Person::new();
    let repository = person.repository("halted");
    person.run(&repository, "true").success();
    let name = person.container_name(repository.path());
    let fragment = person.home().join(format!(".ssh/containai.d/containai-{name}.conf"));
    assert!(fragment.exists());
    let plan = person.cai(["stop", "--remove", "--dry-run", &name]).run().success().stdout();
    let steps = ["stop ", "remove the OpenSSH configuration", "its volumes stay"];
    assert!(steps.map(|step| plan.find(step)).is_sorted(), "{plan}");
    assert_eq!(person.container(repository.path())["State"]["Running"], true);
    // No terminal: nobody is asked, as in a script.
    person.cai(["stop", &name]).run().success().tells("stopped");
    person.cai(["stop"]).inside(&repository).run().success().tells("is not running");
    person.cai(["stop", "--remove", "--container", &name]).run().success().tells("removed");
    assert_eq!(person.containers(repository.path()).len(), 0);
    assert!(!fragment.exists());
    let known = person.home().join(".config/containai/known_hosts");
    assert_eq!(std::fs::read_to_string(known).unwrap_or_default(), "");
    person.cai(["stop", "--remove", &name]).run().fails(1, "neither a container nor a directory");
}

#[test]
fn an_unknown_flag_stops_nothing() {
    let person = Person::new();
    let repository = person.repository("unflagged");
    person.run(&repository, "true").success();
    for flag in ["--anything", "--exports", "-x"] {
        person.cai(["stop", flag]).inside(&repository).run().code(2).prints("");
        person.cai(["stop", "--all", flag]).run().code(2).prints("");
    }
    assert_eq!(person.container(repository.path())["State"]["Running"], true);
}

#[test]
fn whoever_is_at_work_inside_is_asked_for() {
    let person = Person::new();
    let repository = person.repository("busy");
    person.run(&repository, "true").success();
    // The connection that is kept for the next command is nobody at work.
    person.exec(&repository, "true").success();
    let status = || {
        let json = person.cai(["status", "--json"]).inside(&repository).run().success().stdout();
        serde_json::from_str::<serde_json::Value>(&json).expect("JSON")
    };
    until(Duration::from_secs(60), "nobody is inside", || {
        (status()["ssh_connections"] == 0).then_some(())
    });
    assert_eq!(status()["active_terminals"], 0);
    let shell = person.cai(["shell"]).inside(&repository).on_terminal(80, 24);
    until(Duration::from_secs(60), "somebody is inside", || {
        let status = status();
        (status["ssh_connections"] == 1 && status["active_terminals"] == 1).then_some(())
    });
    let mut asked = person.cai(["stop"]).inside(&repository).on_terminal(80, 24);
    asked.shows("1 SSH connection, 1 terminal");
    asked.shows("Stop anyway?");
    asked.keys("n");
    assert_eq!(asked.code(), 1);
    assert_eq!(person.container(repository.path())["State"]["Running"], true);
    let fresh = ["run", "--image", "base", "--fresh", "--", "true"];
    let mut asked = person.cai(fresh).inside(&repository).on_terminal(80, 24);
    asked.shows("1 SSH connection, 1 terminal");
    asked.shows("Make it anew anyway?");
    asked.keys("n");
    assert_eq!(asked.code(), 1);
    let id = |container: serde_json::Value| container["Id"].clone();
    let old = id(person.container(repository.path()));
    let insisting = ["run", "--image", "base", "--fresh", "--force", "--", "true"];
    let insisting = person.cai(insisting).inside(&repository).on_terminal(80, 24);
    assert_eq!(insisting.code(), 0);
    assert_ne!(id(person.container(repository.path())), old);
    drop(shell);
    let shell = person.cai(["shell"]).inside(&repository).on_terminal(80, 24);
    until(Duration::from_secs(60), "somebody is inside", || {
        (status()["active_terminals"] == 1).then_some(())
    });
    let forced = person.cai(["stop", "--force"]).inside(&repository).on_terminal(80, 24);
    assert_eq!(forced.code(), 0);
    assert_eq!(person.container(repository.path())["State"]["Running"], false);
    drop(shell);
}

#[test]
fn a_paused_container_shuts_down_in_order() {
    let person = Person::new();
    let repository = person.repository("frozen");
    person.run(&repository, "true").success();
    let id = person.container(repository.path())["Id"].as_str().expect("an id").to_owned();
    person.api().post(&format!("/containers/{id}/pause"), &serde_json::Value::Null);
    person.cai(["stop"]).inside(&repository).run().success();
    // 130 is what systemd ends with when it was asked to halt.
    let state = &person.container(repository.path())["State"];
    assert_eq!(state["Running"], false);
    assert_ne!(state["ExitCode"], 137, "it was killed");
}

/// A command that goes on until everything is told to end, and a service of the
/// container's own that works in the workspace: the service manager knows what
/// is mounted by name then, and is not to unmount it for that.
#[test]
fn what_is_at_work_has_its_files_until_the_very_end() {
    let person = Person::new();
    let repository = person.repository("until-the-end");
    let service = "printf '%s\\n' \
        '[Unit]' 'RequiresMountsFor=/mnt/agent-data /var/lib/docker' \
        '[Service]' 'ExecStart=/bin/true' 'WorkingDirectory=/home/agent/workspace' \
        '[Install]' 'WantedBy=multi-user.target' | sudo tee /etc/systemd/system/worker.service
        sudo systemctl enable worker.service";
    person.run(&repository, service).success();
    person.cai(["stop"]).inside(&repository).run().success();
    let script = "while :; do
            mountpoint -q /home/agent/workspace || echo workspace >> /home/agent/missed
            mountpoint -q /mnt/agent-data || echo agent-data >> /home/agent/missed
            mountpoint -q /var/lib/docker || echo docker >> /home/agent/missed
            : > /run/watching
        done";
    let unit = ["systemd-run", "--property", "DefaultDependencies=no", "--quiet"];
    let words = ["run", "--image", "base", "--", "sudo"].into_iter().chain(unit);
    let watching = words.chain(["sh", "-c", script]);
    person.cai(watching).inside(&repository).run().success();
    person.exec(&repository, "until [ -e /run/watching ]; do sleep .1; done").success();
    person.cai(["stop"]).inside(&repository).run().success();
    let missed = person.run(&repository, "cat /home/agent/missed");
    missed.code(1).prints("").tells("No such file");
}
