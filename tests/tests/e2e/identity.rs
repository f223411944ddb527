//! Which container belongs to which directory.

use std::fs;
use std::path::Path;
use std::process::Command;

use containai_tests::{Person, Repository};
use serde_json::json;

#[test]
fn container_has_the_given_name() {
    let person = Person::new();
    let (one, two) = (person.repository("named"), person.repository("elsewhere"));
    let name = format!("by-hand-{}", std::process::id());
    let run = ["run", "--image", "base", "--name", &name, "--", "hostname"];
    person.cai(run).current_dir(&one).run().success().prints(&format!("{name}\n"));
    // From any directory.
    for verb in [&["run", "--container", &name][..], &["exec", "--container", &name]] {
        let args = verb.iter().chain(&["--", "cat", "README"]);
        person.cai(args.copied()).run().success().prints("hello\n");
    }
    // Another workspace neither gets the name nor is changed.
    let here = two.path().display().to_string();
    let wrong = ["run", "--image", "base", "--workspace", &here, "--name", &name, "--", "true"];
    person.cai(wrong).run().fails(115, "belongs to workspace");
    let wrong = ["run", "--image", "base", "--name", "another", "--fresh", "--", "true"];
    person.cai(wrong).current_dir(&one).run().fails(2, "not `another`");
    assert_eq!(person.containers(one.path()).len(), 1);
    assert_eq!(person.containers(two.path()).len(), 0);
}

#[test]
fn unmanaged_containers_are_never_touched() {
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
        person.cai(args).current_dir(&other).run().fails(115, "is not managed");
    }
    assert_eq!(person.api().container(&name).expect("it exists")["Id"], made["Id"]);
    person.api().delete(&format!("/containers/{name}?force=1"));
}

#[test]
fn enclosing_workspace_is_used_with_a_notice() {
    let person = Person::new();
    let outer = person.repository("outer");
    person.run(&outer, "true").success();
    let inner = Repository::create(outer.join("vendor/inner"));
    let outcome = person.run(inner.path(), "cat README");
    outcome.success().prints("hello\n").stderr_contains("using the workspace");
    assert_eq!(person.containers(inner.path()).len(), 0);
    person.exec(inner.path(), "true").success().stderr_contains("using the workspace");
    let named = ["run", "--image", "base", "--workspace", ".", "--", "cat", "README"];
    let outcome = person.cai(named).current_dir(inner.path()).run();
    outcome.success().prints("hello\n").stderr_lacks("using the workspace");
    assert_eq!(person.containers(inner.path()).len(), 1);
    // It has a container by now, so it is used from now on.
    person.exec(inner.path(), "pwd").success().stderr_lacks("using the workspace");
}

#[test]
fn every_command_uses_the_enclosing_workspace() {
    let person = Person::new();
    let outer = person.repository("around");
    person.run(&outer, "true").success();
    let inner = Repository::create(outer.join("vendor/inner"));
    let within = |words: &[&str]| person.cai(words.iter().copied()).current_dir(inner.path()).run();
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
        within(words).success().stderr_contains(known);
    }
    assert_eq!(fs::read_to_string(inner.join("copied")).expect("a copy"), "hello\n");
    assert_eq!(person.container(outer.path())["State"]["Running"], false);
    for words in [&["status", "."][..], &["status", "--workspace", "."], &["stop", "."]] {
        within(words).fails(1, "no container serves").stderr_lacks(known);
    }
}

#[test]
fn settings_and_approvals_use_the_enclosing_workspace() {
    let person = Person::new();
    let outer = person.repository("around-settings");
    let suggested = outer.join(".containai/config.toml");
    fs::create_dir_all(suggested.parent().expect("a directory")).expect("it can be made");
    fs::write(&suggested, "image = \"other\"\n").expect("a file can be written");
    let inner = Repository::create(outer.join("vendor/inner"));
    let within = |words: &[&str]| person.cai(words.iter().copied()).current_dir(inner.path()).run();
    let known = "using the workspace";
    // Neither has a container, so each is a workspace of its own.
    within(&["trust", "--show"]).success().stderr_contains("requests nothing").stderr_lacks(known);
    person.run(&outer, "true").success();

    within(&["trust", "--yes"]).success().stderr_contains(known).stderr_contains("approved");
    assert_eq!(
        within(&["config", "get", "image"]).success().stderr_contains(known).stdout(),
        "other\n"
    );
    within(&["config", "list"]).success().stderr_contains(known);
    within(&["trust", "--show", "."]).success().stderr_contains("nothing").stderr_lacks(known);
    let here = ["config", "get", "image", "--workspace", "."];
    assert_ne!(within(&here).success().stderr_lacks(known).stdout(), "other\n");
    let everywhere = ["config", "get", "image", "--global"];
    assert_ne!(within(&everywhere).success().stderr_lacks(known).stdout(), "other\n");

    // An unresponsive engine is reported, and settings can still be changed.
    let nowhere = ["--docker-host", "unix:///nowhere.sock", "config", "get", "image"];
    let unanswered = within(&nowhere);
    assert_ne!(
        unanswered.success().stderr_contains("cannot look for a workspace that encloses").stdout(),
        "other\n"
    );
    within(&["config", "set", "agent.default", "pi"]).success().stderr_lacks(known);
    within(&["config", "set", "data_volume", "mine"]).success().stderr_contains(known);
    let file = fs::read_to_string(within(&["config", "path"]).line()).expect("it exists");
    let sections: Vec<_> = file.lines().filter(|line| line.starts_with("[workspace")).collect();
    assert_eq!(sections, [format!("[workspace.\"{}\"]", outer.path().display())], "{file}");
    // By then the configuration has a section, whatever the engine answers.
    assert_eq!(within(&nowhere).success().stderr_contains(known).stdout(), "other\n");
    within(&["config", "unset", "data_volume"]).success().stderr_contains(known);
    within(&["trust", "--revoke"]).success().stderr_contains(known).stderr_contains("no longer");
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

fn check_linked_worktree(uid: Option<u32>) {
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

    // Nothing inside decides what git runs on the host.
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
    check_linked_worktree(Some(1234));
}

#[test]
fn git_works_in_a_linked_worktree_of_root() {
    check_linked_worktree(None);
}

/// Docker copies an image's labels to its containers, and a container's to the images committed
/// from it.
#[test]
fn image_of_a_container_does_not_pass_on_its_labels() {
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
    let name = person.cai(run).current_dir(&second).run().success().stdout();
    assert_eq!(person.cai(run).current_dir(&second).run().success().stdout(), name);
    let container = person.container(second.path());
    assert_eq!(container["Name"], format!("/{}", name.trim()));
    let listed = person.cai(["list"]).run().success().stdout();
    assert_eq!(listed.lines().filter(|line| line.contains(name.trim())).count(), 1, "{listed}");
    person.cai(["stop", "--remove", name.trim()]).run().success();
    person.api().delete(&format!("/images/{image}"));
}

#[test]
fn workspace_cannot_mount_a_directory_by_naming_it() {
    let person = Person::new();
    let victim = person.repository("victim");
    let tree = person.beside("tree");
    victim.git(&["worktree", "add", "--quiet", "-b", "side", &tree.display().to_string()]);
    let thief = person.beside("thief");
    fs::create_dir(&thief).expect("a directory");
    fs::copy(tree.join(".git"), thief.join(".git")).expect("a file");
    let outcome = person.run(&thief, &format!("ls {}/.git", victim.path().display()));
    assert_ne!(outcome.status(), 0, "{outcome}");
    outcome.stderr_contains("does not list this workspace as a worktree");
}

#[test]
fn removed_flags_name_their_replacement() {
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
            let outcome = person.cai(args).current_dir(&repository).run();
            outcome.fails(2, successor);
        }
    }
    assert_eq!(person.containers(repository.path()).len(), 0);
}
