//! `cai stop` and its confirmation.

use std::time::Duration;

use containai_tests::{Person, wait_until};

#[test]
fn stop_is_idempotent_and_remove_leaves_nothing_behind() {
    let person = Person::new();
    let repository = person.repository("halted");
    person.run(&repository, "true").success();
    let name = person.container_name(repository.path());
    let fragment = person.home().join(format!(".ssh/containai.d/containai-{name}.conf"));
    assert!(fragment.exists());
    let plan = person.cai(["stop", "--remove", "--dry-run", &name]).run().success().stdout();
    let steps = ["stop ", "remove the OpenSSH configuration", "its volumes are kept"];
    assert!(steps.map(|step| plan.find(step)).is_sorted(), "{plan}");
    assert_eq!(person.container(repository.path())["State"]["Running"], true);
    // Without a terminal there is no prompt, as in a script.
    person.cai(["stop", &name]).run().success().stderr_contains("stopped");
    person.cai(["stop"]).current_dir(&repository).run().success().stderr_contains("is not running");
    person
        .cai(["stop", "--remove", "--container", &name])
        .run()
        .success()
        .stderr_contains("removed");
    assert_eq!(person.containers(repository.path()).len(), 0);
    assert!(!fragment.exists());
    let known = person.home().join(".config/containai/known_hosts");
    assert_eq!(std::fs::read_to_string(known).unwrap_or_default(), "");
    person.cai(["stop", "--remove", &name]).run().fails(1, "neither a container nor a directory");
}

#[test]
fn unknown_flag_stops_nothing() {
    let person = Person::new();
    let repository = person.repository("unflagged");
    person.run(&repository, "true").success();
    for flag in ["--anything", "--exports", "-x"] {
        person.cai(["stop", flag]).current_dir(&repository).run().code(2).prints("");
        person.cai(["stop", "--all", flag]).run().code(2).prints("");
    }
    assert_eq!(person.container(repository.path())["State"]["Running"], true);
}

#[test]
fn active_sessions_require_confirmation() {
    let person = Person::new();
    let repository = person.repository("busy");
    person.run(&repository, "true").success();
    // The idle connection kept for the next command is not an active session.
    person.exec(&repository, "true").success();
    let status = || {
        let json =
            person.cai(["status", "--json"]).current_dir(&repository).run().success().stdout();
        serde_json::from_str::<serde_json::Value>(&json).expect("JSON")
    };
    wait_until(Duration::from_secs(60), "no session is active", || {
        (status()["ssh_connections"] == 0).then_some(())
    });
    assert_eq!(status()["active_terminals"], 0);
    let shell = person.cai(["shell"]).current_dir(&repository).on_terminal(80, 24);
    wait_until(Duration::from_secs(60), "a session is active", || {
        let status = status();
        (status["ssh_connections"] == 1 && status["active_terminals"] == 1).then_some(())
    });
    // A script has no terminal to ask on.
    for words in [&["stop"][..], &["run", "--image", "base", "--fresh", "--", "true"]] {
        let refused = person.cai(words.iter().copied()).current_dir(&repository).run();
        refused.fails(1, "is in use: 1 SSH connection, 1 terminal").stderr_contains("`--force`");
    }
    let mut asked = person.cai(["stop"]).current_dir(&repository).on_terminal(80, 24);
    asked.wait_for("1 SSH connection, 1 terminal");
    asked.wait_for("Stop anyway?");
    asked.type_text("n");
    assert_eq!(asked.code(), 1);
    assert_eq!(person.container(repository.path())["State"]["Running"], true);
    let fresh = ["run", "--image", "base", "--fresh", "--", "true"];
    let mut asked = person.cai(fresh).current_dir(&repository).on_terminal(80, 24);
    asked.wait_for("1 SSH connection, 1 terminal");
    asked.wait_for("Recreate it anyway?");
    asked.type_text("n");
    assert_eq!(asked.code(), 1);
    let id = |container: serde_json::Value| container["Id"].clone();
    let old = id(person.container(repository.path()));
    let insisting = ["run", "--image", "base", "--fresh", "--force", "--", "true"];
    let insisting = person.cai(insisting).current_dir(&repository).on_terminal(80, 24);
    assert_eq!(insisting.code(), 0);
    assert_ne!(id(person.container(repository.path())), old);
    drop(shell);
    let shell = person.cai(["shell"]).current_dir(&repository).on_terminal(80, 24);
    wait_until(Duration::from_secs(60), "a session is active", || {
        (status()["active_terminals"] == 1).then_some(())
    });
    let forced = person.cai(["stop", "--force"]).current_dir(&repository).on_terminal(80, 24);
    assert_eq!(forced.code(), 0);
    assert_eq!(person.container(repository.path())["State"]["Running"], false);
    drop(shell);
}

#[test]
fn volumes_of_one_container_are_removed_and_counted() {
    let person = Person::new();
    let (repository, sharing) = (person.repository("emptied"), person.repository("sharing"));
    person.run(&repository, "head -c 2000000 /dev/zero > /mnt/agent-data/large").success();
    let name = person.container_name(repository.path());
    let container = person.container(repository.path());
    let labels = &container["Config"]["Labels"];
    let volume = labels["containai.data-volume"].as_str().expect("a volume").to_owned();
    let list = person.cai(["list", "--json", "--size"]).run().success().stdout();
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let entry = list.as_array().expect("an array").iter().find(|it| it["container"] == *name);
    assert!(entry.is_some_and(|it| it["volume_size"].as_u64() > Some(1 << 20)), "{list}");
    let df = person.cai(["df", "--json"]).run().success().stdout();
    let df: serde_json::Value = serde_json::from_str(&df).expect("JSON");
    assert!(df["volumes"]["size"].as_u64() > Some(1 << 20), "{df}");
    assert!(df["containers"]["active"].as_u64() >= Some(1), "{df}");
    let exists = |name: &str| {
        let answer = person.api().get("/volumes");
        answer["Volumes"].as_array().expect("volumes").iter().any(|it| it["Name"] == *name)
    };
    // A volume that another container mounts is kept.
    let shared = ["run", "--image", "base", "--data-volume", &volume, "--", "true"];
    person.cai(shared).current_dir(&sharing).run().success();
    let remove = ["stop", "--remove", "--volumes"];
    let unconfirmed = person.cai(remove).current_dir(&repository).run();
    unconfirmed.fails(2, "confirmation required").stderr_contains("--force");
    let forced = |more: &[&str], at: &std::path::Path| {
        person.cai(remove.iter().chain(more).copied()).current_dir(at).run()
    };
    forced(&["--force"], repository.path()).success();
    assert!(exists(&volume), "another container uses it");
    let plan = forced(&["--dry-run"], sharing.path()).success().stdout();
    assert!(plan.contains(&format!("remove volume {volume}")), "{plan}");
    forced(&["--force"], sharing.path()).success().stderr_contains("and its volumes");
    assert!(!exists(&volume), "nothing else uses it");
}

#[test]
fn paused_container_shuts_down_cleanly() {
    let person = Person::new();
    let repository = person.repository("frozen");
    person.run(&repository, "true").success();
    let id = person.container(repository.path())["Id"].as_str().expect("an id").to_owned();
    person.api().post(&format!("/containers/{id}/pause"), &serde_json::Value::Null);
    // The last processes of the command above may be frozen.
    person.cai(["stop", "--force"]).current_dir(&repository).run().success();
    // systemd exits with 130 when it was asked to halt.
    let state = &person.container(repository.path())["State"];
    assert_eq!(state["Running"], false);
    assert_ne!(state["ExitCode"], 137, "it was killed");
}

/// A command that runs until all processes are asked to end, and a service of the container that
/// works in the workspace: the service manager then knows the mount by name, and must not unmount
/// it for that.
#[test]
fn workspace_stays_mounted_until_all_processes_end() {
    let person = Person::new();
    let repository = person.repository("until-the-end");
    let service = "printf '%s\\n' \
        '[Unit]' 'RequiresMountsFor=/mnt/agent-data /var/lib/docker' \
        '[Service]' 'ExecStart=/bin/true' 'WorkingDirectory=/home/agent/workspace' \
        '[Install]' 'WantedBy=multi-user.target' | sudo tee /etc/systemd/system/worker.service
        sudo systemctl enable worker.service";
    person.run(&repository, service).success();
    person.cai(["stop"]).current_dir(&repository).run().success();
    let script = "while :; do
            mountpoint -q /home/agent/workspace || echo workspace >> /home/agent/missed
            mountpoint -q /mnt/agent-data || echo agent-data >> /home/agent/missed
            mountpoint -q /var/lib/docker || echo docker >> /home/agent/missed
            : > /run/watching
        done";
    let unit = ["systemd-run", "--property", "DefaultDependencies=no", "--quiet"];
    let words = ["run", "--image", "base", "--", "sudo"].into_iter().chain(unit);
    let watching = words.chain(["sh", "-c", script]);
    person.cai(watching).current_dir(&repository).run().success();
    person.exec(&repository, "until [ -e /run/watching ]; do sleep .1; done").success();
    person.cai(["stop"]).current_dir(&repository).run().success();
    let missed = person.run(&repository, "cat /home/agent/missed");
    missed.code(1).prints("").stderr_contains("No such file");
}
