//! What is kept, what comes back, and what runs beside it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use containai_tests::{Engine, Person, until};
use serde_json::{Value, json};

use super::scene::{LOOK, LOOKED, label, mark, marked, snapshot};

#[test]
fn a_running_container_comes_back_whole() {
    let person = Person::new();
    let repository = marked(&person, "snap-back");
    let before = person.container(repository.path());
    let name = format!("back-{}", std::process::id());
    let plan =
        snapshot(&person, &repository, &["create", &name, "--dry-run"]).run().success().stdout();
    assert!(plan.contains("1. freeze") && plan.contains("name it snapshot"), "{plan}");
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
    snapshot(&person, &repository, &["restore", &name]).run().fails(2, "nobody to ask");
    snapshot(&person, &repository, &["restore", &name, "--force"]).run().success();
    let after = person.container(repository.path());
    assert_eq!(after["State"]["Status"], "running");
    assert_eq!(after["Name"], before["Name"]);
    for key in ["containai.ssh-port", "containai.workspace"] {
        assert_eq!(label(&after, key), label(&before, key));
    }
    assert_eq!(after["HostConfig"]["Memory"], before["HostConfig"]["Memory"]);
    person.exec(&repository, LOOK).success().prints(LOOKED);
    person.exec(&repository, "ls /mnt/agent-data/new").code(2);
    // It is the workspace's from now on.
    person.cai(["stop", "--remove"]).inside(&repository).run().success();
    let rest = "cat /mnt/agent-data/mark; docker volume ls --quiet";
    person.run(&repository, rest).success().prints("one\none\n");
    // Of a container that is gone, too.
    person.cai(["stop", "--remove"]).inside(&repository).run().success();
    snapshot(&person, &repository, &["restore", &name, "--force"]).run().success();
    person.run(&repository, LOOK).success().prints(LOOKED);
    snapshot(&person, &repository, &["remove", &name, "--force"]).run().success();
    person.run(&repository, LOOK).success().prints(LOOKED);
    snapshot(&person, &repository, &["restore", &name, "--force"]).run().fails(2, "no snapshot");
}

#[test]
fn a_fork_runs_beside_with_everything_of_its_own() {
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
    assert!(plan.contains("on the new branch fork/") && plan.contains("start it"), "{plan}");
    // A directory that nobody named may be somebody's.
    let path = person.beside(&format!("snap-fork-{name}"));
    fs::create_dir(&path).expect("a directory can be made");
    snapshot(&person, &repository, &["fork", &name]).run().fails(2, "no fork of this repository");
    fs::remove_dir(&path).expect("nothing came there");
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
    person.exec(&path, LOOK).success().prints(LOOKED);
    person.exec(&repository, "cat /srv/mark /mnt/agent-data/mark").success().prints("two\ntwo\n");
    let own = person.exec(&path, identity).success().stdout();
    for (line, other) in own.lines().zip(origin.lines()) {
        assert_ne!(line, other);
    }
    // A worktree on a branch of its own, whole, and git works in it.
    let git = "git branch --show-current; git status --short; cat README; git commit --quiet \
               --allow-empty --message=forked && git log --oneline | wc -l";
    let git = format!("git config --global user.email a@b; git config --global user.name A; {git}");
    person.exec(&path, &git).success().prints(&format!("fork/{name}\nhello\n3\n"));
    let mut log = std::process::Command::new("git");
    log.args(["-c", "safe.directory=*", "log", "-1", "--format=%s"]).arg(format!("fork/{name}"));
    let log = log.current_dir(repository.path()).output().expect("git is installed");
    assert_eq!(String::from_utf8_lossy(&log.stdout), "forked\n");

    // Its name leads there over SSH, and the snapshot may go under its feet.
    let mut ssh = person.openssh("ssh");
    ssh.arg(format!("containai-{}", made.trim_end())).arg("cat /srv/mark");
    assert_eq!(String::from_utf8_lossy(&ssh.output().expect("ssh").stdout), "one\n");
    snapshot(&person, &repository, &["remove", &name, "--force"]).run().success();
    person.cai(["stop"]).inside(&path).run().success();
    person.run(&path, LOOK).success().prints(LOOKED);
    // Where there is one already, no second one is made.
    snapshot(&person, &repository, &["create", &name]).run().success();
    snapshot(&person, &repository, &["fork", &name]).run().fails(2, "already");
    person.remove_containers(&path);
}

#[test]
fn a_directory_without_git_has_to_be_named() {
    let person = Person::new();
    let plain = person.beside("snap-plain");
    fs::create_dir_all(&plain).expect("a directory can be made");
    person.run(&plain, "echo kept | sudo tee /srv/mark > /dev/null").success();
    person.cai(["stop"]).inside(&plain).run().success();
    let name = format!("plain-{}", std::process::id());
    person.cai(["snapshot", "create", &name]).inside(&plain).run().success();
    assert_eq!(person.container(&plain)["State"]["Status"], "exited");
    let fork =
        |words: &[&str]| person.cai(["snapshot", "fork", &name]).args(words).inside(&plain).run();
    fork(&[]).fails(2, "is not the top of a repository");
    fork(&["."]).fails(2, "the workspace of the snapshot itself");
    let other = person.beside("snap-other");
    fs::create_dir_all(&other).expect("a directory can be made");
    fs::write(other.join("mine"), "mine\n").expect("a file can be written");
    let other_name = format!("other-{}", std::process::id());
    let words = [other.to_str().expect("a plain path"), "--name", &other_name];
    fork(&words).success().prints(&format!("{other_name}\n"));
    person.exec(&other, "cat /srv/mark mine").success().prints("kept\nmine\n");
    person.cai(["snapshot", "fork", "no-such"]).inside(&plain).run().fails(2, "no snapshot");
}

#[test]
fn sweeping_up_keeps_snapshots_and_touches_nothing_of_others() {
    let person = Person::new();
    let repository = person.repository("image");
    person.run(&repository, "true").success();
    let image = person.container(repository.path())["Config"]["Image"].clone();
    // Nobody else's containers are swept up there.
    let engine = Engine::apart("snap-gc");
    engine.set_up();
    engine.take_image(Engine::shared(), image.as_str().expect("an image"));
    let person = Person::on(&engine);
    let repository = person.repository("snap-gc");
    person.run(&repository, "echo one | sudo tee /srv/mark > /mnt/agent-data/mark").success();
    snapshot(&person, &repository, &["create", "before"]).run().success();
    let api = engine.api();
    // Somebody's volume that only looks like one of ours, and somebody's image.
    api.post("/volumes/create", &json!({
        "Name": "containai-snapshot-ffffffffffff-data", "Labels": {"containai.snapshot": "ffffffffffff"},
    }));
    api.import("containai/snapshot", "mine", &[0; 1024]);
    person.cai(["stop", "--remove"]).inside(&repository).run().success();
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
    // With the last that was made of it goes what was kept of it.
    for path in [repository.path(), &fork] {
        person.cai(["stop", "--remove"]).inside(path).run().success();
    }
    assert!(!images().contains("containai/kept"), "{}", images());
}

#[test]
fn paused_and_ephemeral_containers() {
    let person = Person::new();
    let repository = person.repository("snap-paused");
    person.run(&repository, "echo one | sudo tee /srv/mark > /mnt/agent-data/mark").success();
    let id = person.container(repository.path())["Id"].as_str().expect("an id").to_owned();
    person.api().post(&format!("/containers/{id}/pause"), &Value::Null);
    let name = format!("paused-{}", std::process::id());
    snapshot(&person, &repository, &["create", &name]).run().success();
    let state = || person.container(repository.path())["State"]["Status"].clone();
    assert_eq!(state(), "paused", "whoever froze it wakes it");
    snapshot(&person, &repository, &["restore", &name, "--force"]).run().success();
    assert_eq!(state(), "created", "it did not run");
    let look = "cat /srv/mark /mnt/agent-data/mark";
    person.run(&repository, look).success().prints("one\none\n");
    snapshot(&person, &repository, &["remove", &name, "--force"]).run().success();

    // Of a container that goes with its session a lasting one can be made.
    let fleeting = person.repository("snap-fleeting");
    let script = "echo one | sudo tee /srv/mark > /mnt/agent-data/mark; echo ready; read end";
    let run = ["run", "--image", "base", "--ephemeral", "--", "sh", "-c", script];
    let mut session = person.cai(run).inside(&fleeting).start();
    until(Duration::from_secs(60), "the session is there", || {
        session.printed().contains("ready").then_some(())
    });
    let name = format!("fleeting-{}", std::process::id());
    snapshot(&person, &fleeting, &["create", &name]).run().success();
    snapshot(&person, &fleeting, &["restore", &name, "--force"]).run().fails(2, "is ephemeral");
    session.type_in("end\n");
    session.outcome().success();
    snapshot(&person, &fleeting, &["fork", &name]).run().success();
    let fork = person.beside(&format!("snap-fleeting-{name}"));
    person.exec(&fork, look).success().prints("one\none\n");
    assert_eq!(label(&person.container(&fork), "containai.ephemeral"), "");
    person.remove_containers(&fork);
}
