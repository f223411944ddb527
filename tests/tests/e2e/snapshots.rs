//! States that are kept, come back to, and run beside each other.

use std::fs;
use std::path::Path;

use containai_tests::{Person, Repository};
use serde_json::Value;

/// Leaves `$1` in the file system, on the data volume and in the inner Docker:
/// an image with what an overlay hides, and a volume.
const MARK: &str = r#"set -e
echo $1 | sudo tee /srv/mark > /dev/null
echo $1 > /mnt/agent-data/mark
docker volume create $1 > /dev/null
docker build --quiet --tag inner:$1 . > /dev/null"#;

/// Tells what [`MARK`] has left, and what the image shows.
const LOOK: &str = r#"set -e
cat /srv/mark /mnt/agent-data/mark
docker volume ls --quiet
docker run --rm inner:$(cat /srv/mark) /bin/busybox ls / /emptied | tr '\n' ' '"#;

const LOOKED: &str = "one\none\none\n/: bin dev emptied etc kept proc sys  /emptied: new ";

/// A workspace whose inner Docker can build, on a container that is marked.
fn marked(person: &Person<'_>, name: &str) -> Repository {
    let repository = person.repository(name);
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find_map(|p| fs::read(p).ok());
    fs::write(repository.join("busybox"), busybox.expect("busybox-static is installed"))
        .expect("it can be copied");
    let run = |words: &str| format!("RUN [\"/bin/busybox\", \"sh\", \"-c\", \"{words}\"]\n");
    let text = format!(
        "FROM scratch\nCOPY busybox /bin/busybox\n{}{}",
        run("set -e; b=/bin/busybox; $b touch /gone /kept; $b mkdir /emptied; $b touch /emptied/old"),
        run("set -e; b=/bin/busybox; $b rm -r /gone /emptied; $b mkdir /emptied; $b touch /emptied/new"),
    );
    fs::write(repository.join("Dockerfile"), text).expect("a file can be written");
    let mut chmod = std::process::Command::new("chmod");
    assert!(chmod.arg("755").arg(repository.join("busybox")).status().expect("chmod").success());
    repository.git(&["add", "."]);
    repository.git(&["commit", "--quiet", "--message=inner"]);
    mark(person, &repository, "one");
    repository
}

#[track_caller]
fn mark(person: &Person<'_>, repository: &Repository, word: &str) {
    let args = ["run", "--image", "base", "--", "sh", "-c", MARK, "sh", word];
    person.cai(args).inside(repository).run().success();
}

fn snapshot(person: &Person<'_>, repository: &Repository, words: &[&str]) -> containai_tests::Cai {
    person.cai(["snapshot"]).args(words).inside(repository)
}

fn label(container: &Value, name: &str) -> String {
    container["Config"]["Labels"][name].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_running_container_comes_back_whole() {
    let person = Person::new();
    let repository = marked(&person, "snap-back");
    let before = person.container(repository.path());
    let name = format!("back-{}", std::process::id());
    let plan = snapshot(&person, &repository, &["create", &name, "--dry-run"]).run().success().stdout();
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

    let spoil = "docker image rm --force inner:one > /dev/null; docker volume rm one; \
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
