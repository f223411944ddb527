//! Containers made anew, volumes that stay, containers that go.

use std::path::Path;
use std::time::Duration;

use containai_tests::{Outcome, Person, until};
use nix::sys::signal::Signal;

const MARK: &str = "/mnt/agent-data/marker";

fn run(person: &Person, workspace: impl AsRef<Path>, flags: &[&str], script: &str) -> Outcome {
    let args = [&["run", "--image", "base"], flags, &["--", "sh", "-c", script]].concat();
    person.cai(args).inside(workspace.as_ref()).run()
}

fn id(person: &Person, workspace: &Path) -> String {
    person.container(workspace)["Id"].as_str().expect("an id").to_owned()
}

fn volume(person: &Person, workspace: &Path) -> String {
    let labels = person.container(workspace)["Config"]["Labels"].clone();
    labels["containai.data-volume"].as_str().expect("a data volume").to_owned()
}

/// The table of what becomes of container and volume, row by row.
#[test]
fn volume_persistence_rules() {
    let person = Person::new();
    let repository = person.repository("rules");
    let path = repository.path();
    run(&person, path, &[], &format!("echo first > {MARK}; sudo touch /etc/made")).success();
    let (first, old_volume) = (id(&person, path), volume(&person, path));

    // cai stop: stopped, preserved.
    person.cai(["stop"]).inside(&repository).run().success();
    assert_eq!(person.container(path)["State"]["Running"], false);
    run(&person, path, &[], &format!("cat {MARK}; ls /etc/made"))
        .success()
        .prints("first\n/etc/made\n");
    assert_eq!(id(&person, path), first);

    // cai stop --remove: removed, preserved, on whatever branch it is made again.
    person.cai(["stop", "--remove"]).inside(&repository).run().success();
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
    run(&person, path, &["--restart"], &format!("cat {MARK}")).success().prints("first\n");
    assert_ne!(id(&person, path), third);

    // --reset: recreated, a new volume, the old one preserved and named.
    let outcome = run(&person, path, &["--reset"], &format!("cat {MARK} || echo gone"));
    outcome.success().prints("gone\n").tells(&old_volume);
    let new_volume = volume(&person, path);
    assert_ne!(new_volume, old_volume);
    assert!(new_volume.starts_with("rules-feature-other-"), "{new_volume}");
    person.api().get(&format!("/volumes/{old_volume}"));

    // The new one is remembered, and the old one can be had again.
    person.cai(["stop", "--remove"]).inside(&repository).run().success();
    run(&person, path, &[], "true").success();
    assert_eq!(volume(&person, path), new_volume);
    run(&person, path, &["--data-volume", &old_volume], "true")
        .fails(2, &new_volume)
        .tells(&old_volume);
    let back = ["--fresh", "--data-volume", &old_volume];
    run(&person, path, &back, &format!("cat {MARK}")).success().prints("first\n");
    person.api().delete(&format!("/volumes/{new_volume}"));
}

#[test]
fn a_volume_is_shared_only_by_name_and_stays_through_fresh() {
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
    person.cai(["stop", "--remove"]).inside(&one).run().success();
    run(&person, &one, &[], &format!("cat {MARK}")).success().prints("ours\n");
}

#[test]
fn killed_while_making_it_anew_loses_no_volume() {
    let person = Person::new();
    let repository = person.repository("killed");
    let mine = format!("mine-{}", std::process::id());
    run(&person, &repository, &["--data-volume", &mine], &format!("echo kept > {MARK}")).success();
    for moment in [100, 600, 1200, 1800, 2400] {
        let fresh = ["run", "--image", "base", "--fresh", "--", "true"];
        let running = person.cai(fresh).inside(&repository).start();
        std::thread::sleep(Duration::from_millis(moment));
        running.signal(Signal::SIGKILL);
        running.outcome();
        let outcome = person.run_after_a_kill(&repository, &format!("cat {MARK}"));
        assert_eq!(person.containers(repository.path()).len(), 1, "after {moment} ms");
        assert_eq!(volume(&person, repository.path()), mine, "after {moment} ms");
        outcome.success().prints("kept\n");
    }
}

#[test]
fn an_ephemeral_container_goes_with_its_session_however_that_ends() {
    let person = Person::new();
    let repository = person.repository("brief");
    let outcome = run(&person, &repository, &["--ephemeral"], &format!("echo x > {MARK}; exit 7"));
    outcome.code(7);
    assert_eq!(person.containers(repository.path()).len(), 0);

    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let args =
            ["run", "--image", "base", "--ephemeral", "--", "sh", "-c", "echo up; exec sleep 600"];
        let running = person.cai(args).inside(&repository).start();
        until(Duration::from_secs(60), "the session", || {
            running.printed().contains("up").then_some(())
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

    // Killed, it is left behind, and the next command makes room.
    let args =
        ["run", "--image", "base", "--ephemeral", "--", "sh", "-c", "echo up; exec sleep 600"];
    let running = person.cai(args).inside(&repository).start();
    until(Duration::from_secs(60), "the session", || {
        running.printed().contains("up").then_some(())
    });
    let left = id(&person, repository.path());
    running.signal(Signal::SIGKILL);
    running.outcome();
    run(&person, &repository, &[], "true").success();
    assert_ne!(id(&person, repository.path()), left);

    // What lasts is in the way of what does not.
    run(&person, &repository, &["--ephemeral"], "true").fails(2, "already");
}

#[test]
fn an_ephemeral_container_keeps_a_volume_that_was_there() {
    let person = Person::new();
    let repository = person.repository("kept");
    run(&person, &repository, &[], &format!("echo kept > {MARK}")).success();
    person.cai(["stop", "--remove"]).inside(&repository).run().success();
    run(&person, &repository, &["--ephemeral"], &format!("cat {MARK}; echo more >> {MARK}"))
        .success()
        .prints("kept\n");
    run(&person, &repository, &[], &format!("cat {MARK}")).success().prints("kept\nmore\n");
}

#[test]
fn a_dry_run_prints_the_plan_and_touches_nothing() {
    let person = Person::new();
    let repository = person.repository("plan");
    let dry = |flags: &[&str]| {
        let args = ["run", "--image", "base", "--dry-run", "--json"].iter().chain(flags);
        let text = person.cai(args.copied()).inside(&repository).run().success().stdout();
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
fn what_only_a_new_container_would_have_is_told() {
    let person = Person::new();
    let repository = person.repository("told");
    run(&person, &repository, &["--memory", "1g", "--cpus", "1", "--keep"], "true").success();
    let labels = person.container(repository.path())["Config"]["Labels"].clone();
    assert_eq!(labels["containai.keep"], "true");
    let before = id(&person, repository.path());
    let same = run(&person, &repository, &["--memory", "1g"], "true");
    same.success().keeps_quiet_about("warning:");
    run(&person, &repository, &["--memory", "2g"], "true").success().tells("`2g`").tells("--fresh");
    let other = ["run", "--image", "other:1", "--", "true"];
    let outcome = person.cai(other).inside(&repository).run();
    outcome.success().tells("other:1").tells("--fresh");
    assert_eq!(id(&person, repository.path()), before);
    run(&person, &repository, &["--memory", "2g", "--fresh"], "true").success();
    assert_eq!(person.container(repository.path())["HostConfig"]["Memory"], 2_u64 << 30);
}
