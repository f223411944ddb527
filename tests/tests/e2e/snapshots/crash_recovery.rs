//! Snapshot commands killed at any moment: the next command finds either the old state or the new
//! one.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use containai_tests::{Person, Repository, wait_until};
use nix::sys::signal::Signal;
use serde_json::Value;

use super::marked_container::{MARKS_ONE, READ_MARKS, mark, marked, snapshot};

/// Delays between the start of a command and its end, in milliseconds.
const DELAYS: [u64; 5] = [60, 200, 450, 700, 1100];

fn run_and_kill(person: &Person<'_>, repository: &Repository, words: &[&str], delay: u64) {
    let running = snapshot(person, repository, words).start();
    running.signal_after(Duration::from_millis(delay), Signal::SIGKILL);
    running.outcome().stderr_lacks("panicked");
}

fn listed(person: &Person<'_>, repository: &Repository, name: &str) -> bool {
    let all = snapshot(person, repository, &["list", "--quiet"]).run().success().stdout();
    all.lines().any(|line| line == name)
}

/// Returns the volumes of snapshots of a workspace, and all helper containers of the engine.
fn leftovers(person: &Person<'_>, workspace: &Path) -> Vec<String> {
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

/// Runs `cai gc` until nothing is left.
#[track_caller]
fn gc_until_clean(person: &Person<'_>, workspace: &Path) {
    let mut found = Vec::new();
    let end = Instant::now() + Duration::from_secs(90);
    while Instant::now() < end {
        person.cai(["gc", "--age", "10000d"]).run().success();
        found = leftovers(person, workspace);
        if found.is_empty() {
            return;
        }
        sleep(Duration::from_millis(200));
    }
    panic!("left: {found:#?}");
}

#[test]
fn killed_create_leaves_no_partial_snapshot() {
    let person = Person::new();
    let repository = marked(&person, "snap-killed");
    let name = |delay: u64| format!("killed-{delay}-{}", std::process::id());
    for delay in DELAYS {
        let name = name(delay);
        run_and_kill(&person, &repository, &["create", &name], delay);
        person.run_after_kill(&repository, READ_MARKS).success().prints(MARKS_ONE);
        if !listed(&person, &repository, &name) {
            snapshot(&person, &repository, &["create", &name]).run().success();
        }
    }
    // A command that gets SIGTERM cleans up before it ends.
    let mut names: Vec<_> = DELAYS.map(name).into();
    for delay in [250, 600] {
        let name = format!("ended-{delay}-{}", std::process::id());
        let running = snapshot(&person, &repository, &["create", &name]).start();
        running.signal_after(Duration::from_millis(delay), Signal::SIGTERM);
        running.outcome().stderr_lacks("panicked");
        // The signal may have arrived after the command was done.
        if listed(&person, &repository, &name) {
            names.push(name);
        }
        assert_eq!(person.container(repository.path())["State"]["Status"], "running", "{delay}");
    }
    mark(&person, &repository, "two");
    for name in names {
        snapshot(&person, &repository, &["restore", &name, "--force"]).run().success();
        person.exec(&repository, READ_MARKS).success().prints(MARKS_ONE);
        snapshot(&person, &repository, &["remove", &name, "--force"]).run().success();
    }
    gc_until_clean(&person, repository.path());
}

#[test]
fn killed_restore_leaves_a_consistent_container() {
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
    for delay in DELAYS.into_iter().chain([1800, 2300]) {
        mark(&person, &repository, "two");
        let before = volumes();
        run_and_kill(&person, &repository, &["restore", &name, "--force"], delay);
        // Either the old state or the new one.
        let look = "cat /srv/mark /mnt/agent-data/mark; docker volume ls --quiet | tail -n 1";
        let found = person.run_after_kill(&repository, look).success().stdout();
        assert!(["one\none\none\n", "two\ntwo\ntwo\n"].contains(&&*found), "{delay}: {found}");
        let after = volumes();
        assert_eq!(after.len(), before.len());
        let gone = before.iter().filter(|it| !after.contains(it)).filter(|it| is_there(it));
        assert_eq!(gone.count(), 0, "{delay}: what was replaced is still there");
        snapshot(&person, &repository, &["restore", &name, "--force"]).run().success();
        person.exec(&repository, READ_MARKS).success().prints(MARKS_ONE);
    }
    snapshot(&person, &repository, &["remove", &name, "--force"]).run().success();
    gc_until_clean(&person, repository.path());
}

#[test]
fn killed_fork_leaves_no_partial_container() {
    let person = Person::new();
    let repository = marked(&person, "snap-unfork");
    for delay in DELAYS.into_iter().chain([1800, 2300]) {
        let name = format!("unfork-{delay}-{}", std::process::id());
        snapshot(&person, &repository, &["create", &name]).run().success();
        run_and_kill(&person, &repository, &["fork", &name], delay);
        snapshot(&person, &repository, &["fork", &name]).run().success();
        let path = person.beside(&format!("snap-unfork-{name}"));
        person.exec(&path, READ_MARKS).success().prints(MARKS_ONE);
        person.exec(&path, "git status --short; cat README").success().prints("hello\n");
        let key = |path: &Path| {
            person.exec(path, "cat /etc/ssh/ssh_host_ed25519_key.pub").success().stdout()
        };
        assert_ne!(key(&path), key(repository.path()));
        person.remove_containers(&path);
        // A helper that was never started is kept for half a minute, as it may belong to a running
        // command.
        wait_until(Duration::from_secs(90), "no helper copies from it", || {
            let removed = snapshot(&person, &repository, &["remove", &name, "--force"]).run();
            (removed.status() == 0).then_some(())
        });
    }
    person.exec(&repository, READ_MARKS).success().prints(MARKS_ONE);
    gc_until_clean(&person, repository.path());
}
