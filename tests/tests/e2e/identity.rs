//! Which container belongs to which directory.

use std::fs;
use std::path::Path;
use std::process::Command;

use containai_tests::{Person, Repository};
use serde_json::json;

#[test]
fn a_container_goes_by_the_name_that_it_was_given() {
    let person = Person::new();
    let (one, two) = (person.repository("named"), person.repository("elsewhere"));
    let name = format!("by-hand-{}", std::process::id());
    let run = ["run", "--image", "base", "--name", &name, "--", "hostname"];
    person.cai(run).inside(&one).run().success().prints(&format!("{name}\n"));
    // From anywhere, without its directory.
    for verb in [&["run", "--container", &name][..], &["exec", "--container", &name]] {
        let args = verb.iter().chain(&["--", "cat", "README"]);
        person.cai(args.copied()).run().success().prints("hello\n");
    }
    // Another workspace neither gets it nor loses anything.
    let here = two.path().display().to_string();
    let wrong = ["run", "--image", "base", "--workspace", &here, "--name", &name, "--", "true"];
    person.cai(wrong).run().fails(115, "serves");
    let wrong = ["run", "--image", "base", "--name", "another", "--fresh", "--", "true"];
    person.cai(wrong).inside(&one).run().fails(2, "and not `another`");
    assert_eq!(person.containers(one.path()).len(), 1);
    assert_eq!(person.containers(two.path()).len(), 0);
}

#[test]
fn a_container_of_somebody_else_is_never_touched() {
    let person = Person::new();
    let repository = person.repository("foreign");
    person.run(&repository, "true").success();
    let image = person.container(repository.path())["Config"]["Image"].clone();
    let name = format!("theirs-{}", std::process::id());
    let body = json!({"Image": image, "Cmd": ["true"], "Labels": {}});
    let made = person.api().post(&format!("/containers/create?name={name}"), &body);
    let other = person.repository("other");
    for flags in &[&[][..], &["--fresh"], &["--reset"], &["--ephemeral"]] {
        let args = [&["run", "--image", "base", "--name", &name], *flags, &["--", "true"]].concat();
        person.cai(args).inside(&other).run().fails(115, "is not managed");
    }
    assert_eq!(person.api().container(&name).expect("it is there")["Id"], made["Id"]);
    person.api().delete(&format!("/containers/{name}?force=1"));
}

#[test]
fn a_known_workspace_around_is_used_and_told() {
    let person = Person::new();
    let outer = person.repository("outer");
    person.run(&outer, "true").success();
    let inner = Repository::make(outer.join("vendor/inner"));
    let outcome = person.run(inner.path(), "cat vendor/inner/README");
    outcome.success().prints("hello\n").tells("using the workspace");
    assert_eq!(person.containers(inner.path()).len(), 0);
    person.exec(inner.path(), "true").success().tells("using the workspace");
    let named = ["run", "--image", "base", "--workspace", ".", "--", "cat", "README"];
    let outcome = person.cai(named).inside(inner.path()).run();
    outcome.success().prints("hello\n").keeps_quiet_about("using the workspace");
    assert_eq!(person.containers(inner.path()).len(), 1);
    // Known by now, it is meant from then on.
    person.exec(inner.path(), "pwd").success().keeps_quiet_about("using the workspace");
}

#[test]
fn every_verb_means_the_known_workspace_around() {
    let person = Person::new();
    let outer = person.repository("around");
    person.run(&outer, "true").success();
    let inner = Repository::make(outer.join("vendor/inner"));
    let within = |words: &[&str]| person.cai(words.iter().copied()).inside(inner.path()).run();
    let known = "using the workspace";
    for words in [
        &["status"][..],
        &["logs"],
        &["resources"],
        &["cp", ":README", "copied"],
        &["links", "check"],
        &["export"],
        &["stop"],
    ] {
        within(words).success().tells(known);
    }
    assert_eq!(fs::read_to_string(inner.join("copied")).expect("a copy"), "hello\n");
    assert_eq!(person.container(outer.path())["State"]["Running"], false);
    for words in [&["status", "."][..], &["status", "--workspace", "."], &["stop", "."]] {
        within(words).fails(1, "no container serves").keeps_quiet_about(known);
    }
}

#[test]
fn settings_and_approvals_mean_the_known_workspace_around() {
    let person = Person::new();
    let outer = person.repository("around-settings");
    let suggested = outer.join(".containai/config.toml");
    fs::create_dir_all(suggested.parent().expect("a directory")).expect("it can be made");
    fs::write(&suggested, "image = \"other\"\n").expect("a file can be written");
    let inner = Repository::make(outer.join("vendor/inner"));
    let within = |words: &[&str]| person.cai(words.iter().copied()).inside(inner.path()).run();
    let known = "using the workspace";
    // Nobody has made a container of either, so that each is itself.
    within(&["trust", "--show"]).success().tells("asks for nothing").keeps_quiet_about(known);
    person.run(&outer, "true").success();

    within(&["trust", "--yes"]).success().tells(known).tells("approved");
    assert_eq!(within(&["config", "get", "image"]).success().tells(known).stdout(), "other\n");
    within(&["config", "list"]).success().tells(known);
    within(&["trust", "--show", "."]).success().tells("nothing").keeps_quiet_about(known);
    let here = ["config", "get", "image", "--workspace", "."];
    assert_ne!(within(&here).success().keeps_quiet_about(known).stdout(), "other\n");
    let everywhere = ["config", "get", "image", "--global"];
    assert_ne!(within(&everywhere).success().keeps_quiet_about(known).stdout(), "other\n");

    // An engine that does not answer is told, and settings can be changed all the same.
    let nowhere = ["--docker-host", "unix:///nowhere.sock", "config", "get", "image"];
    let unanswered = within(&nowhere);
    assert_ne!(unanswered.success().tells("may be missed").stdout(), "other\n");
    within(&["config", "set", "agent.default", "pi"]).success().keeps_quiet_about(known);
    within(&["config", "set", "data_volume", "mine"]).success().tells(known);
    let file = fs::read_to_string(within(&["config", "path"]).line()).expect("it is there");
    let sections: Vec<_> = file.lines().filter(|line| line.starts_with("[workspace")).collect();
    assert_eq!(sections, [format!("[workspace.\"{}\"]", outer.path().display())], "{file}");
    // By then the configuration tells, whatever the engine says.
    assert_eq!(within(&nowhere).success().tells(known).stdout(), "other\n");
    within(&["config", "unset", "data_volume"]).success().tells(known);
    within(&["trust", "--revoke"]).success().tells(known).tells("no more");
    assert_ne!(within(&["config", "get", "image"]).success().stdout(), "other\n");
}

fn git(directory: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "safe.directory=*"])
        .args(args)
        .current_dir(directory)
        .output();
    let output = output.expect("git is installed");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn worktree_works(uid: Option<u32>) {
    let person = Person::new();
    let main = person.repository("main");
    let tree = person.beside("tree");
    main.git(&["worktree", "add", "--quiet", "-b", "side", &tree.display().to_string()]);
    let main = match uid {
        Some(uid) => {
            drop(Repository::clone(&main).owned_by(uid));
            let chown =
                Command::new("chown").args(["-R", &format!("{uid}:{uid}")]).arg(&tree).status();
            assert!(chown.expect("chown runs").success());
            main
        }
        None => main,
    };
    let common = main.join(".git").display().to_string();
    let script = "set -e; git status --short; echo more >> README; \
                  git -c user.name=a -c user.email=a@b commit --quiet -am inside; \
                  git log --format=%s -1; git branch --show-current";
    person.run(&tree, script).success().prints("inside\nside\n");
    assert_eq!(git(&tree, &["log", "--format=%s", "-1"]), "inside");
    assert_eq!(git(main.path(), &["log", "--format=%s", "-1", "side"]), "inside");
    git(main.path(), &["fsck"]);

    // Nothing inside decides what git runs outside.
    for attempt in [
        format!("echo x > {common}/hooks/pre-commit"),
        "git config core.fsmonitor /bin/evil".to_owned(),
        format!("sudo sh -c 'echo x >> {common}/config'"),
        format!(
            "sudo mount -o remount,bind,rw {common} && sudo touch {common}/hooks/post-checkout"
        ),
        format!("sudo umount {common}/objects {common}; sudo touch {common}/config.new"),
        format!("sudo unshare -m sh -c 'mount -o remount,rw,bind {common}; touch {common}/evil'"),
    ] {
        let _ = person.exec(&tree, &attempt);
        assert!(!main.join(".git/hooks/pre-commit").exists(), "{attempt}");
        assert!(!main.join(".git/hooks/post-checkout").exists(), "{attempt}");
        assert!(!main.join(".git/config.new").exists(), "{attempt}");
        assert!(!main.join(".git/evil").exists(), "{attempt}");
        let config = fs::read_to_string(main.join(".git/config")).expect("a configuration");
        assert!(!config.contains("evil") && !config.ends_with("x\n"), "{attempt}: {config}");
    }
}

#[test]
fn git_works_in_a_linked_worktree() {
    worktree_works(Some(1234));
}

#[test]
fn git_works_in_a_linked_worktree_of_root() {
    worktree_works(None);
}

/// Docker copies an image's labels to its containers, and a container's to the
/// images that are made of it.
#[test]
fn an_image_of_a_container_brings_none_of_its_labels_along() {
    let person = Person::new();
    let (first, second) = (person.repository("pictured"), person.repository("of-a-picture"));
    person.run(&first, "true").success();
    let id = person.container(first.path())["Id"].as_str().expect("an id").to_owned();
    let tag = std::process::id().to_string();
    let labels = json!({"Labels": {
        "containai.ephemeral": "true", "containai.client": "f".repeat(32),
        "containai.restores": "a-volume", "containai.takes-name": "another",
    }});
    person.api().post(&format!("/commit?container={id}&repo=picture&tag={tag}"), &labels);
    let image = format!("picture:{tag}");
    let run = ["run", "--image", &image, "--", "cat", "/proc/sys/kernel/hostname"];
    let name = person.cai(run).inside(&second).run().success().stdout();
    assert_eq!(person.cai(run).inside(&second).run().success().stdout(), name);
    let container = person.container(second.path());
    assert_eq!(container["Name"], format!("/{}", name.trim()));
    let listed = person.cai(["list"]).run().success().stdout();
    assert_eq!(listed.lines().filter(|line| line.contains(name.trim())).count(), 1, "{listed}");
    person.cai(["stop", "--remove", name.trim()]).run().success();
    person.api().delete(&format!("/images/{image}"));
}

#[test]
fn a_workspace_cannot_have_a_directory_mounted_by_naming_it() {
    let person = Person::new();
    let victim = person.repository("victim");
    let tree = person.beside("tree");
    victim.git(&["worktree", "add", "--quiet", "-b", "side", &tree.display().to_string()]);
    let thief = person.beside("thief");
    fs::create_dir(&thief).expect("a directory");
    fs::copy(tree.join(".git"), thief.join(".git")).expect("a file");
    let outcome = person.run(&thief, &format!("ls {}/.git", victim.path().display()));
    assert_ne!(outcome.status(), 0, "{outcome}");
    outcome.tells("does not say that this is its worktree");
}

#[test]
fn flags_of_old_name_their_successor() {
    let person = Person::new();
    let repository = person.repository("old");
    for (flags, successor) in [
        (&["--config", "x"][..], "XDG_CONFIG_HOME"),
        (&["--channel", "nightly"], "--image"),
        (&["--image-tag", "x"], "--image"),
        (&["--credentials", "copy"], "data volume"),
        (&["--volume", "/a:/b"], "cai cp"),
        (&["--mount-docker-socket"], "docker"),
        (&["--template", "ml"], "cai template"),
    ] {
        for verb in ["run", "shell"] {
            let args = [verb].into_iter().chain(flags.iter().copied());
            let outcome = person.cai(args).inside(&repository).run();
            outcome.fails(2, "there is no").tells(successor);
        }
    }
    assert_eq!(person.containers(repository.path()).len(), 0);
}
