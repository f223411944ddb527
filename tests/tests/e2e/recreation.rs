//! Recreated containers, preserved volumes and ephemeral containers.

use std::path::Path;
use std::time::Duration;

use containai_tests::{Outcome, Person, wait_until};
use nix::sys::signal::Signal;

const MARK: &str = "/mnt/agent-data/marker";

fn run(person: &Person, workspace: impl AsRef<Path>, flags: &[&str], script: &str) -> Outcome {
    let args = [&["run", "--image", "base"], flags, &["--", "sh", "-c", script]].concat();
    person.cai(args).current_dir(workspace.as_ref()).run()
}

fn id(person: &Person, workspace: &Path) -> String {
    person.container(workspace)["Id"].as_str().expect("an id").to_owned()
}

fn volume(person: &Person, workspace: &Path) -> String {
    let labels = person.container(workspace)["Config"]["Labels"].clone();
    labels["containai.data-volume"].as_str().expect("a data volume").to_owned()
}

/// The documented table of containers and volumes, row by row.
#[test]
fn volume_persistence_rules() {
    let person = Person::new();
    let repository = person.repository("rules");
    let path = repository.path();
    run(&person, path, &[], &format!("echo first > {MARK}; sudo touch /etc/made")).success();
    let (first, old_volume) = (id(&person, path), volume(&person, path));

    // cai stop: stopped, preserved.
    person.cai(["stop"]).current_dir(&repository).run().success();
    assert_eq!(person.container(path)["State"]["Running"], false);
    run(&person, path, &[], &format!("cat {MARK}; ls /etc/made"))
        .success()
        .prints("first\n/etc/made\n");
    assert_eq!(id(&person, path), first);

    // cai stop --remove: removed, preserved, on whichever branch it is created again.
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    assert_eq!(person.containers(path).len(), 0);
    repository.git(&["checkout", "--quiet", "-b", "feature/other"]);
    run(&person, path, &[], &format!("cat {MARK}; ls /etc/made")).code(2).prints("first\n");
    assert_eq!(volume(&person, path), old_volume);
    let second = id(&person, path);

    // --fresh: recreated, preserved.
    run(&person, path, &["--fresh"], &format!("cat {MARK}; hostname"))
        .success()
        .prints("first\nrules-other\n");
    assert_eq!(volume(&person, path), old_volume);
    let third = id(&person, path);
    assert_ne!(third, second);
    assert_eq!(person.container_name(path), "rules-other");
    run(&person, path, &["--recreate"], &format!("cat {MARK}")).success().prints("first\n");
    assert_ne!(id(&person, path), third);

    // --reset: recreated, a new volume, the old one preserved and named.
    let outcome = run(&person, path, &["--reset"], &format!("cat {MARK} || echo gone"));
    outcome.success().prints("gone\n").stderr_contains(&old_volume);
    let new_volume = volume(&person, path);
    assert_ne!(new_volume, old_volume);
    assert!(new_volume.starts_with("rules-feature-other-"), "{new_volume}");
    person.api().get(&format!("/volumes/{old_volume}"));

    // The new volume is remembered, and the old one can be selected again.
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    run(&person, path, &[], "true").success();
    assert_eq!(volume(&person, path), new_volume);
    run(&person, path, &["--data-volume", &old_volume], "true")
        .fails(2, &new_volume)
        .stderr_contains(&old_volume);
    let back = ["--fresh", "--data-volume", &old_volume];
    run(&person, path, &back, &format!("cat {MARK}")).success().prints("first\n");
    person.api().delete(&format!("/volumes/{new_volume}"));
}

#[test]
fn volume_is_shared_only_by_name_and_kept_by_fresh() {
    let person = Person::new();
    let (one, two, three) =
        (person.repository("one"), person.repository("two"), person.repository("three"));
    let shared = format!("shared-{}", std::process::id());
    run(&person, &one, &["--data-volume", &shared], &format!("echo ours > {MARK}")).success();
    run(&person, &two, &["--data-volume", &shared], &format!("cat {MARK}"))
        .success()
        .prints("ours\n");
    run(&person, &three, &[], &format!("cat {MARK} || echo alone")).success().prints("alone\n");
    run(&person, &one, &["--fresh"], &format!("cat {MARK}")).success().prints("ours\n");
    person.cai(["stop", "--remove"]).current_dir(&one).run().success();
    run(&person, &one, &[], &format!("cat {MARK}")).success().prints("ours\n");
}

#[test]
fn killed_recreation_loses_no_volume() {
    let person = Person::new();
    let repository = person.repository("killed");
    let mine = format!("mine-{}", std::process::id());
    run(&person, &repository, &["--data-volume", &mine], &format!("echo kept > {MARK}")).success();
    for delay in [100, 600, 1200, 1800, 2400] {
        let fresh = ["run", "--image", "base", "--fresh", "--", "true"];
        let running = person.cai(fresh).current_dir(&repository).start();
        running.signal_after(Duration::from_millis(delay), Signal::SIGKILL);
        running.outcome();
        let outcome = person.run_after_kill(&repository, &format!("cat {MARK}"));
        assert_eq!(person.containers(repository.path()).len(), 1, "after {delay} ms");
        assert_eq!(volume(&person, repository.path()), mine, "after {delay} ms");
        outcome.success().prints("kept\n");
    }
}

#[test]
fn ephemeral_container_is_removed_however_its_session_ends() {
    let person = Person::new();
    let repository = person.repository("brief");
    let outcome = run(&person, &repository, &["--ephemeral"], &format!("echo x > {MARK}; exit 7"));
    outcome.code(7);
    assert_eq!(person.containers(repository.path()).len(), 0);

    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let args =
            ["run", "--image", "base", "--ephemeral", "--", "sh", "-c", "echo up; exec sleep 600"];
        let running = person.cai(args).current_dir(&repository).start();
        wait_until(Duration::from_secs(60), "the session", || {
            running.stdout().contains("up").then_some(())
        });
        let volumes: Vec<String> = person.container(repository.path())["Mounts"]
            .as_array()
            .expect("mounts")
            .iter()
            .filter_map(|mount| mount["Name"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(volumes.len(), 2, "{volumes:?}");
        run(&person, &repository, &["--ephemeral"], "true").fails(2, "another session");
        running.signal(signal);
        running.outcome();
        assert_eq!(person.containers(repository.path()).len(), 0, "{signal}");
        let left = person.api().get("/volumes")["Volumes"].to_string();
        assert!(volumes.iter().all(|volume| !left.contains(volume)), "{volumes:?} in {left}");
    }

    // After a kill it is left behind, and the next command removes it.
    let args =
        ["run", "--image", "base", "--ephemeral", "--", "sh", "-c", "echo up; exec sleep 600"];
    let running = person.cai(args).current_dir(&repository).start();
    wait_until(Duration::from_secs(60), "the session", || {
        running.stdout().contains("up").then_some(())
    });
    let left = id(&person, repository.path());
    running.signal(Signal::SIGKILL);
    running.outcome();
    run(&person, &repository, &[], "true").success();
    assert_ne!(id(&person, repository.path()), left);

    // A lasting container prevents an ephemeral one.
    run(&person, &repository, &["--ephemeral"], "true").fails(2, "already");
}

#[test]
fn ephemeral_container_keeps_an_existing_volume() {
    let person = Person::new();
    let repository = person.repository("kept");
    run(&person, &repository, &[], &format!("echo kept > {MARK}")).success();
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    run(&person, &repository, &["--ephemeral"], &format!("cat {MARK}; echo more >> {MARK}"))
        .success()
        .prints("kept\n");
    run(&person, &repository, &[], &format!("cat {MARK}")).success().prints("kept\nmore\n");
}

#[test]
fn dry_run_prints_the_plan_and_changes_nothing() {
    let person = Person::new();
    let repository = person.repository("plan");
    let dry = |flags: &[&str]| {
        let args = ["run", "--image", "base", "--dry-run", "--json"].iter().chain(flags);
        let text = person.cai(args.copied()).current_dir(&repository).run().success().stdout();
        let plan: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let steps = plan["steps"].as_array().expect("steps").iter();
        steps
            .map(|step| step["step"].as_str().expect("a word").to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert!(dry(&["--ephemeral"]).ends_with("create install-key start reach stop discard"));
    assert_eq!(person.containers(repository.path()).len(), 0);
    run(&person, &repository, &[], "true").success();
    let before = id(&person, repository.path());
    assert_eq!(dry(&[]), "reach");
    assert_eq!(dry(&["--fresh"]), "stop replace retire rename install-key start reach");
    assert_eq!(dry(&["--reset"]), "stop replace retire record rename install-key start reach");
    assert_eq!(id(&person, repository.path()), before);
    run(&person, &repository, &[], "true").success();
}

#[test]
fn differences_from_a_new_container_are_reported() {
    let person = Person::new();
    let repository = person.repository("told");
    run(&person, &repository, &["--memory", "1g", "--cpus", "1", "--keep"], "true").success();
    let labels = person.container(repository.path())["Config"]["Labels"].clone();
    assert_eq!(labels["containai.keep"], "true");
    let before = id(&person, repository.path());
    let same = run(&person, &repository, &["--memory", "1g"], "true");
    same.success().stderr_lacks("warning:");
    run(&person, &repository, &["--memory", "2g"], "true")
        .success()
        .stderr_contains("`2g`")
        .stderr_contains("--fresh");
    let other = ["run", "--image", "other:1", "--", "true"];
    let outcome = person.cai(other).current_dir(&repository).run();
    outcome.success().stderr_contains("other:1").stderr_contains("--fresh");
    assert_eq!(id(&person, repository.path()), before);
    run(&person, &repository, &["--memory", "2g", "--fresh"], "true").success();
    assert_eq!(person.container(repository.path())["HostConfig"]["Memory"], 2_u64 << 30);
}
