//! Created snapshots, restored containers and forks.

use std::fs;
use std::path::Path;
use std::time::Duration;

use containai_tests::{Engine, Person, wait_until};
use serde_json::{Value, json};

use super::marked_container::{MARKS_ONE, READ_MARKS, label, mark, marked, snapshot};

#[test]
fn running_container_is_restored_completely() {
    let person = Person::new();
    let repository = marked(&person, "snap-back");
    let before = person.container(repository.path());
    let name = format!("back-{}", std::process::id());
    let plan =
        snapshot(&person, &repository, &["create", &name, "--dry-run"]).run().success().stdout();
    assert!(plan.contains("1. pause") && plan.contains("as snapshot"), "{plan}");
    snapshot(&person, &repository, &["create", &name]).run().success().prints(&format!("{name}\n"));
    snapshot(&person, &repository, &["create", &name]).run().fails(2, "already");
    assert_eq!(person.container(repository.path())["State"]["Status"], "running");
    let listed = snapshot(&person, &repository, &["list", "--json"]).run().success().stdout();
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let entry = listed.as_array().into_iter().flatten().find(|it| it["name"] == name.as_str());
    let entry = entry.expect("it is listed");
    assert_eq!(entry["workspace"].as_str().map(Path::new), Some(repository.path()));
    assert!(entry["size"].as_u64() > Some(100_000), "{entry}");

    let spoil = "docker rm --force one > /dev/null; docker image rm --force inner:one > /dev/null; docker volume rm one; \
                 sudo rm /srv/mark; rm /mnt/agent-data/mark; touch /mnt/agent-data/new";
    person.run(&repository, spoil).success();
    mark(&person, &repository, "two");
    snapshot(&person, &repository, &["restore", &name]).run().fails(2, "confirmation required");
    snapshot(&person, &repository, &["restore", &name, "--force"]).run().success();
    let after = person.container(repository.path());
    assert_eq!(after["State"]["Status"], "running");
    assert_eq!(after["Name"], before["Name"]);
    for key in ["containai.ssh-port", "containai.workspace"] {
        assert_eq!(label(&after, key), label(&before, key));
    }
    assert_eq!(after["HostConfig"]["Memory"], before["HostConfig"]["Memory"]);
    person.exec(&repository, READ_MARKS).success().prints(MARKS_ONE);
    person.exec(&repository, "ls /mnt/agent-data/new").code(2);
    // It belongs to the workspace from now on.
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    let rest = "cat /mnt/agent-data/mark; docker volume ls --quiet";
    person.run(&repository, rest).success().prints("one\none\n");
    // From a snapshot of a removed container, too.
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    snapshot(&person, &repository, &["restore", &name, "--force"]).run().success();
    person.run(&repository, READ_MARKS).success().prints(MARKS_ONE);
    snapshot(&person, &repository, &["remove", &name, "--force"]).run().success();
    person.run(&repository, READ_MARKS).success().prints(MARKS_ONE);
    snapshot(&person, &repository, &["restore", &name, "--force"]).run().fails(2, "does not exist");
}

#[test]
fn fork_runs_beside_the_original_with_its_own_state() {
    let person = Person::new();
    let repository = marked(&person, "snap-fork");
    let name = format!("fork-{}", std::process::id());
    snapshot(&person, &repository, &["create", &name]).run().success();
    mark(&person, &repository, "two");
    let identity = "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub; hostname";
    let origin = person.exec(&repository, identity).success().stdout();
    let filter = "git config filter.evil.smudge 'touch /tmp/containai-evil-$$; cat'; \
                  printf '* filter=evil\n' > .git/info/attributes; \
                  printf '#!/bin/sh\ntouch /tmp/containai-evil-hook\n' > .git/hooks/post-checkout; \
                  chmod +x .git/hooks/post-checkout";
    person.exec(&repository, filter).success();
    let plan =
        snapshot(&person, &repository, &["fork", &name, "--dry-run"]).run().success().stdout();
    assert!(plan.contains("on branch fork/") && plan.contains("start the container"), "{plan}");
    // An unnamed target directory may already exist.
    let path = person.beside(&format!("snap-fork-{name}"));
    fs::create_dir(&path).expect("a directory can be made");
    snapshot(&person, &repository, &["fork", &name])
        .run()
        .fails(2, "not a fork of this repository");
    fs::remove_dir(&path).expect("the directory is empty");
    let made = snapshot(&person, &repository, &["fork", &name]).run().success().stdout();
    let evil = fs::read_dir("/tmp").expect("it can be read").flatten();
    let evil = evil.filter(|it| it.file_name().to_string_lossy().starts_with("containai-evil"));
    assert_eq!(evil.count(), 0, "the repository ran something on this machine");

    let fork = person.container(&path);
    assert_eq!(fork["Name"].as_str(), Some(&*format!("/{}", made.trim_end())));
    let first = person.container(repository.path());
    for key in ["containai.ssh-port", "containai.data-volume", "containai.workspace"] {
        assert_ne!(label(&fork, key), label(&first, key), "{key}");
    }
    person.exec(&path, READ_MARKS).success().prints(MARKS_ONE);
    person.exec(&repository, "cat /srv/mark /mnt/agent-data/mark").success().prints("two\ntwo\n");
    let own = person.exec(&path, identity).success().stdout();
    for (line, other) in own.lines().zip(origin.lines()) {
        assert_ne!(line, other);
    }
    // A complete worktree on a branch of its own, in which git works.
    let git = "git branch --show-current; git status --short; cat README; git commit --quiet \
               --allow-empty --message=forked && git log --oneline | wc -l";
    let git = format!("git config --global user.email a@b; git config --global user.name A; {git}");
    person.exec(&path, &git).success().prints(&format!("fork/{name}\nhello\n3\n"));
    let mut log = std::process::Command::new("git");
    log.args(["-c", "safe.directory=*", "log", "-1", "--format=%s"]).arg(format!("fork/{name}"));
    let log = log.current_dir(repository.path()).output().expect("git is installed");
    assert_eq!(String::from_utf8_lossy(&log.stdout), "forked\n");

    // Its name resolves over SSH, and the snapshot can be removed while it is in use.
    let mut ssh = person.openssh("ssh");
    ssh.arg(format!("containai-{}", made.trim_end())).arg("cat /srv/mark");
    assert_eq!(String::from_utf8_lossy(&ssh.output().expect("ssh").stdout), "one\n");
    snapshot(&person, &repository, &["remove", &name, "--force"]).run().success();
    person.cai(["stop"]).current_dir(&path).run().success();
    person.run(&path, READ_MARKS).success().prints(MARKS_ONE);
    // Where a fork exists, no second one is created.
    snapshot(&person, &repository, &["create", &name]).run().success();
    snapshot(&person, &repository, &["fork", &name]).run().fails(2, "already");
    person.remove_containers(&path);
}

#[test]
fn fork_without_git_requires_a_directory() {
    let person = Person::new();
    let plain = person.beside("snap-plain");
    fs::create_dir_all(&plain).expect("a directory can be made");
    person.run(&plain, "echo kept | sudo tee /srv/mark > /dev/null").success();
    person.cai(["stop"]).current_dir(&plain).run().success();
    let name = format!("plain-{}", std::process::id());
    person.cai(["snapshot", "create", &name]).current_dir(&plain).run().success();
    assert_eq!(person.container(&plain)["State"]["Status"], "exited");
    let fork = |words: &[&str]| {
        person.cai(["snapshot", "fork", &name]).args(words).current_dir(&plain).run()
    };
    fork(&[]).fails(2, "is not the top directory of a repository");
    fork(&["."]).fails(2, "the workspace of the snapshot itself");
    let other = person.beside("snap-other");
    fs::create_dir_all(&other).expect("a directory can be made");
    fs::write(other.join("mine"), "mine\n").expect("a file can be written");
    let other_name = format!("other-{}", std::process::id());
    let words = [other.to_str().expect("a plain path"), "--name", &other_name];
    fork(&words).success().prints(&format!("{other_name}\n"));
    person.exec(&other, "cat /srv/mark mine").success().prints("kept\nmine\n");
    person
        .cai(["snapshot", "fork", "no-such"])
        .current_dir(&plain)
        .run()
        .fails(2, "does not exist");
}

#[test]
fn gc_keeps_snapshots_and_foreign_objects() {
    let person = Person::new();
    let repository = person.repository("image");
    person.run(&repository, "true").success();
    let image = person.container(repository.path())["Config"]["Image"].clone();
    // The engine has no containers of other tests.
    let engine = Engine::isolated("snap-gc");
    engine.set_up();
    engine.copy_image_from(Engine::shared(), image.as_str().expect("an image"));
    let person = Person::on(&engine);
    let repository = person.repository("snap-gc");
    person.run(&repository, "echo one | sudo tee /srv/mark > /mnt/agent-data/mark").success();
    snapshot(&person, &repository, &["create", "before"]).run().success();
    let api = engine.api();
    // A foreign volume that resembles one of ours, and a foreign image.
    api.post("/volumes/create", &json!({
        "Name": "containai-snapshot-ffffffffffff-data", "Labels": {"containai.snapshot": "ffffffffffff"},
    }));
    api.import("containai/snapshot", "mine", &[0; 1024]);
    person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    let sweep = ["gc", "--age", "0h", "--images", "--volumes", "--force"];
    person.cai(sweep).run().success();
    snapshot(&person, &repository, &["list", "--quiet"]).run().success().prints("before\n");
    snapshot(&person, &repository, &["restore", "before"]).run().success();
    let look = "cat /srv/mark /mnt/agent-data/mark";
    person.run(&repository, look).success().prints("one\none\n");
    snapshot(&person, &repository, &["fork", "before"]).run().success();
    snapshot(&person, &repository, &["remove", "before", "--force"]).run().success();
    person.cai(sweep).run().success();
    let fork = person.beside("snap-gc-before");
    person.exec(&fork, look).success().prints("one\none\n");
    person.exec(&repository, look).success().prints("one\none\n");
    let images = || api.get("/images/json").to_string();
    assert!(images().contains("containai/snapshot:mine"), "{}", images());
    assert!(api.get("/volumes").to_string().contains("ffffffffffff-data"));
    // With the last container created from it, its kept parts are removed.
    for path in [repository.path(), &fork] {
        person.cai(["stop", "--remove"]).current_dir(path).run().success();
    }
    assert!(!images().contains("containai/kept"), "{}", images());
}

#[test]
fn paused_and_ephemeral_containers_have_snapshots() {
    let person = Person::new();
    let repository = person.repository("snap-paused");
    person.run(&repository, "echo one | sudo tee /srv/mark > /mnt/agent-data/mark").success();
    let id = person.container(repository.path())["Id"].as_str().expect("an id").to_owned();
    person.api().post(&format!("/containers/{id}/pause"), &Value::Null);
    let name = format!("paused-{}", std::process::id());
    snapshot(&person, &repository, &["create", &name]).run().success();
    let state = || person.container(repository.path())["State"]["Status"].clone();
    assert_eq!(state(), "paused", "a container that was paused stays paused");
    snapshot(&person, &repository, &["restore", &name, "--force"]).run().success();
    assert_eq!(state(), "created", "it did not run");
    let look = "cat /srv/mark /mnt/agent-data/mark";
    person.run(&repository, look).success().prints("one\none\n");
    snapshot(&person, &repository, &["remove", &name, "--force"]).run().success();

    // A lasting container can be created from a snapshot of an ephemeral one.
    let fleeting = person.repository("snap-fleeting");
    let script = "echo one | sudo tee /srv/mark > /mnt/agent-data/mark; echo ready; read end";
    let run = ["run", "--image", "base", "--ephemeral", "--", "sh", "-c", script];
    let mut session = person.cai(run).current_dir(&fleeting).start();
    wait_until(Duration::from_secs(60), "the session is there", || {
        session.stdout().contains("ready").then_some(())
    });
    let name = format!("fleeting-{}", std::process::id());
    snapshot(&person, &fleeting, &["create", &name]).run().success();
    snapshot(&person, &fleeting, &["restore", &name, "--force"]).run().fails(2, "is ephemeral");
    session.write_stdin("end\n");
    session.outcome().success();
    snapshot(&person, &fleeting, &["fork", &name]).run().success();
    let fork = person.beside(&format!("snap-fleeting-{name}"));
    person.exec(&fork, look).success().prints("one\none\n");
    assert_eq!(label(&person.container(&fork), "containai.ephemeral"), "");
    person.remove_containers(&fork);
}
