//! Choices for a workspace that outlast its containers, and moved directories.

use std::fs;
use std::path::Path;

use containai_tests::{Outcome, Person};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[track_caller]
fn run(person: &Person<'_>, path: &Path, flags: &[&str], script: &str) -> Outcome {
    let words = ["run", "--image", "base"].iter().chain(flags).copied();
    person.cai(words.chain(["--", "sh", "-c", script])).current_dir(path).run()
}

#[track_caller]
fn memory(person: &Person<'_>, path: &Path) -> u64 {
    let container = person.container(path);
    container["HostConfig"]["Memory"].as_u64().expect("a limit")
}

#[test]
fn limits_are_remembered_until_forgotten() {
    let person = Person::new();
    let repository = person.repository("limited");
    let path = repository.path();
    run(&person, path, &[], "true").success();
    let resources = |args: &[&str]| {
        let words = ["resources", "--json"].iter().chain(args).copied();
        json(&person.cai(words).current_dir(path).run().success().stdout())
    };
    let default = resources(&[]);
    assert_eq!(default["next"]["memory_source"], "default", "{default}");
    let changed = resources(&["--memory", "700m", "--cpus", "1"]);
    assert_eq!(changed["memory_limit"], 700 << 20);
    let source = changed["next"]["memory_source"].as_str().expect("a source");
    assert!(source.starts_with("remembered:"), "{changed}");

    run(&person, path, &["--fresh"], "true").success().stderr_lacks("not 700m");
    assert_eq!(memory(&person, path), 700 << 20);
    person.cai(["stop", "--remove"]).current_dir(path).run().success();
    run(&person, path, &[], "true").success();
    assert_eq!(memory(&person, path), 700 << 20);
    // One of both is changed, and the other stays.
    resources(&["--memory", "800m"]);
    run(&person, path, &["--fresh"], "true").success();
    let container = person.container(path);
    assert_eq!(container["HostConfig"]["Memory"], 800 << 20);
    assert_eq!(container["HostConfig"]["NanoCpus"], 1_000_000_000);

    // A flag applies to one container, and a later difference is reported.
    run(&person, path, &["--fresh", "--memory", "900m"], "true").success();
    assert_eq!(memory(&person, path), 900 << 20);
    run(&person, path, &["--fresh"], "true").success().stderr_contains("900m");
    assert_eq!(memory(&person, path), 800 << 20);

    let forgotten = resources(&["--forget"]);
    assert_eq!(forgotten["memory_limit"], 800 << 20);
    assert_eq!(forgotten["next"]["memory_source"], "default");
    run(&person, path, &["--fresh"], "true").success();
    assert_eq!(memory(&person, path), default["memory_limit"].as_u64().expect("a limit"));
}

#[test]
fn choices_apply_to_their_directory_only() {
    let person = Person::new();
    // Not a repository, which would be the workspace of all directories below it.
    let outer = person.beside("outer");
    let inner = outer.join("inner");
    fs::create_dir_all(&inner).expect("a directory");
    let config = person.home().join(".config/containai/config.toml");
    let text = fs::read_to_string(&config).expect("a configuration");
    let section = format!("[workspace.\"{}\"]\nimage = \"base\"\n", outer.display());
    fs::write(&config, format!("{text}\n{section}")).expect("a file can be written");
    let get = |path: &Path, key: &str| {
        let words = ["config", "get", key, "--workspace", &path.display().to_string()];
        person.cai(words).run().line()
    };
    let mine = format!("mine-{}", std::process::id());
    let other = format!("other-{}", std::process::id());
    let choose = |path: &Path, volume: &str| {
        let path = path.display().to_string();
        let words = ["run", "--workspace", &path, "--data-volume", volume, "--", "true"];
        person.cai(words).run().success();
    };
    choose(&inner, &mine);
    assert_eq!((get(&inner, "data_volume"), get(&inner, "image")), (mine, "base".into()));
    choose(&outer, &other);
    assert_eq!(get(&outer, "data_volume"), other);
    fs::create_dir_all(outer.join("third")).expect("a directory");
    assert_eq!(get(&outer.join("third"), "data_volume"), "");
    assert!(!fs::read_to_string(&config).expect("a file").contains("data_volume"));
    // A directory with a choice is a workspace, with or without a container.
    person.cai(["stop", "--remove"]).current_dir(&inner).run().success();
    let below = inner.join("below");
    fs::create_dir_all(&below).expect("a directory");
    let outcome = person.cai(["config", "get", "data_volume"]).current_dir(&below).run();
    outcome.success().stderr_contains(&inner.display().to_string());
    // The user's configuration takes precedence.
    let inside = ["config", "unset", "data_volume", "--workspace", "."];
    person.cai(inside).current_dir(&inner).run().success();
    assert_eq!(get(&inner, "data_volume"), "");
}

#[test]
fn moved_workspace_is_detected_and_taken_over() {
    let person = Person::new();
    let repository = person.repository("before");
    let old = repository.path().to_owned();
    run(&person, &old, &[], "echo kept > /mnt/agent-data/marker").success();
    person.cai(["resources", "--memory", "700m"]).current_dir(&old).run().success();
    let volumes = |path: &Path| {
        let container = person.container(path);
        let mounts = container["Mounts"].as_array().expect("mounts").iter();
        let mut names: Vec<_> =
            mounts.filter_map(|it| it["Name"].as_str().map(str::to_owned)).collect();
        names.sort();
        names
    };
    let before = volumes(&old);
    let new = person.beside("after");
    fs::rename(&old, &new).expect("it can be moved");

    let outcome = run(&person, &new, &[], "cat /mnt/agent-data/marker || echo empty");
    outcome
        .success()
        .prints("empty\n")
        .stderr_contains("cai workspace move")
        .stderr_contains(&before[0]);
    let words = ["workspace", "move", &old.display().to_string(), &new.display().to_string()];
    person.cai(words).run().fails(2, "already has a container");
    person.cai(["stop", "--remove"]).current_dir(&new).run().success();

    person.cai(words).run().success();
    assert!(person.containers(&old).is_empty());
    let outcome = run(&person, &new, &[], "cat /mnt/agent-data/marker");
    outcome.success().prints("kept\n").stderr_lacks("workspace move");
    assert_eq!((volumes(&new), memory(&person, &new)), (before.clone(), 700 << 20));
    // The take-over is permanent, and there is nothing left to take over.
    run(&person, &new, &["--fresh"], "cat /mnt/agent-data/marker").success().prints("kept\n");
    assert_eq!(volumes(&new), before);
    person.cai(words).run().fails(2, "already has a container");
}
