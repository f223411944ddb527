//! Killed at any moment: the next command finds all of the old or all of the new.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use containai_tests::{Person, Repository, until};
use nix::sys::signal::Signal;
use serde_json::Value;

use super::scene::{LOOK, LOOKED, mark, marked, snapshot};

/// Moments between the start of a command and its end, in milliseconds.
const MOMENTS: [u64; 5] = [60, 200, 450, 700, 1100];

fn kill(person: &Person<'_>, repository: &Repository, words: &[&str], moment: u64) {
    let running = snapshot(person, repository, words).start();
    sleep(Duration::from_millis(moment));
    running.signal(Signal::SIGKILL);
    running.outcome().keeps_quiet_about("panicked");
}

fn listed(person: &Person<'_>, repository: &Repository, name: &str) -> bool {
    let all = snapshot(person, repository, &["list", "--quiet"]).run().success().stdout();
    all.lines().any(|line| line == name)
}

/// Volumes of snapshots of a workspace, and every helper of the engine.
fn left(person: &Person<'_>, workspace: &Path) -> Vec<String> {
    let filter = |label| format!("filters=%7B%22label%22%3A%5B%22{label}%22%5D%7D");
    let api = person.api();
    let volumes = api.get(&format!("/volumes?{}", filter("containai.snapshot")))["Volumes"].clone();
    let is_ours = |it: &&Value| {
        it["Labels"]["containai.workspace"].as_str().map(Path::new) == Some(workspace)
    };
    let volumes = volumes.as_array().into_iter().flatten().filter(is_ours).cloned();
    let mut names: Vec<_> = volumes
        .collect::<Vec<_>>()
        .iter()
        .filter_map(|it| it["Name"].as_str().map(str::to_owned))
        .collect();
    for label in ["containai.copies", "containai.anonymises"] {
        let helpers = api.get(&format!("/containers/json?all=1&{}", filter(label)));
        let is_helper =
            |it: &&Value| it["Labels"][label].as_str().is_some_and(|text| !text.is_empty());
        let helpers = helpers.as_array().into_iter().flatten().filter(is_helper).cloned();
        names.extend(helpers.map(|it| it["Id"].to_string()).collect::<Vec<_>>());
    }
    names
}

/// Sweeps up until nothing is left.
#[track_caller]
fn swept(person: &Person<'_>, workspace: &Path) {
    let mut found = Vec::new();
    let end = Instant::now() + Duration::from_secs(90);
    while Instant::now() < end {
        person.cai(["gc", "--age", "10000d"]).run().success();
        found = left(person, workspace);
        if found.is_empty() {
            return;
        }
        sleep(Duration::from_millis(200));
    }
    panic!("left: {found:#?}");
}

#[test]
fn killed_while_it_is_made() {
    let person = Person::new();
    let repository = marked(&person, "snap-killed");
    let name = |moment: u64| format!("killed-{moment}-{}", std::process::id());
    for moment in MOMENTS {
        let name = name(moment);
        kill(&person, &repository, &["create", &name], moment);
        person.run_after_a_kill(&repository, LOOK).success().prints(LOOKED);
        if !listed(&person, &repository, &name) {
            snapshot(&person, &repository, &["create", &name]).run().success();
        }
    }
    // Whoever is only interrupted cleans up before the end.
    let mut names: Vec<_> = MOMENTS.map(name).into();
    for moment in [250, 600] {
        let name = format!("ended-{moment}-{}", std::process::id());
        let running = snapshot(&person, &repository, &["create", &name]).start();
        sleep(Duration::from_millis(moment));
        running.signal(Signal::SIGTERM);
        running.outcome().keeps_quiet_about("panicked");
        // The signal may have come when all was done.
        if listed(&person, &repository, &name) {
            names.push(name);
        }
        assert_eq!(person.container(repository.path())["State"]["Status"], "running", "{moment}");
    }
    mark(&person, &repository, "two");
    for name in names {
        snapshot(&person, &repository, &["restore", &name, "--force"]).run().success();
        person.exec(&repository, LOOK).success().prints(LOOKED);
        snapshot(&person, &repository, &["remove", &name, "--force"]).run().success();
    }
    swept(&person, repository.path());
}

#[test]
fn killed_while_it_is_put_back() {
    let person = Person::new();
    let repository = marked(&person, "snap-unback");
    let name = format!("unback-{}", std::process::id());
    snapshot(&person, &repository, &["create", &name]).run().success();
    let volumes = || {
        let mounts = person.container(repository.path())["Mounts"].clone();
        let names = mounts.as_array().into_iter().flatten().filter_map(|it| it["Name"].as_str());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let is_there = |name: &String| {
        let all = person.api().get("/volumes")["Volumes"].clone();
        all.as_array().into_iter().flatten().any(|it| it["Name"] == name.as_str())
    };
    for moment in MOMENTS.into_iter().chain([1800, 2300]) {
        mark(&person, &repository, "two");
        let before = volumes();
        kill(&person, &repository, &["restore", &name, "--force"], moment);
        // All of the one or all of the other.
        let look = "cat /srv/mark /mnt/agent-data/mark; docker volume ls --quiet | tail -n 1";
        let found = person.run_after_a_kill(&repository, look).success().stdout();
        assert!(["one\none\none\n", "two\ntwo\ntwo\n"].contains(&&*found), "{moment}: {found}");
        let after = volumes();
        assert_eq!(after.len(), before.len());
        let gone = before.iter().filter(|it| !after.contains(it)).filter(|it| is_there(it));
        assert_eq!(gone.count(), 0, "{moment}: what was replaced is still there");
        snapshot(&person, &repository, &["restore", &name, "--force"]).run().success();
        person.exec(&repository, LOOK).success().prints(LOOKED);
    }
    snapshot(&person, &repository, &["remove", &name, "--force"]).run().success();
    swept(&person, repository.path());
}

#[test]
fn killed_while_it_is_forked() {
    let person = Person::new();
    let repository = marked(&person, "snap-unfork");
    for moment in MOMENTS.into_iter().chain([1800, 2300]) {
        let name = format!("unfork-{moment}-{}", std::process::id());
        snapshot(&person, &repository, &["create", &name]).run().success();
        kill(&person, &repository, &["fork", &name], moment);
        snapshot(&person, &repository, &["fork", &name]).run().success();
        let path = person.beside(&format!("snap-unfork-{name}"));
        person.exec(&path, LOOK).success().prints(LOOKED);
        person.exec(&path, "git status --short; cat README").success().prints("hello\n");
        let key = |path: &Path| {
            person.exec(path, "cat /etc/ssh/ssh_host_ed25519_key.pub").success().stdout()
        };
        assert_ne!(key(&path), key(repository.path()));
        person.remove_containers(&path);
        // A helper that never started counts as somebody's for half a minute.
        until(Duration::from_secs(90), "nobody copies from it any more", || {
            let removed = snapshot(&person, &repository, &["remove", &name, "--force"]).run();
            (removed.status() == 0).then_some(())
        });
    }
    person.exec(&repository, LOOK).success().prints(LOOKED);
    swept(&person, repository.path());
}
