//! A container with a recognisable state.

use std::fs;

use containai_tests::{Cai, Person, Repository};
use serde_json::Value;

/// Leaves `$1` in the file system, on the data volume and in the inner Docker: an image with
/// whiteouts of an overlay, and a volume.
pub(super) const MARK_SCRIPT: &str = r#"set -e
echo $1 | sudo tee /srv/mark > /dev/null
echo $1 > /mnt/agent-data/mark
docker volume create $1 > /dev/null
docker build --quiet --tag inner:$1 . > /dev/null
docker run --detach --restart always --name $1 inner:$1 /bin/busybox sleep 9999 > /dev/null"#;

/// Prints the marks left by [`MARK_SCRIPT`], and the content of the image.
pub(super) const READ_MARKS: &str = r#"set -e
cat /srv/mark /mnt/agent-data/mark
docker volume ls --quiet
for try in $(seq 100); do docker exec $(cat /srv/mark) /bin/busybox true && break; sleep 0.2; done 2>&1 | tail -n 0
docker exec $(cat /srv/mark) /bin/busybox ls / /emptied | tr '\n' ' '"#;

pub(super) const MARKS_ONE: &str =
    "one\none\none\n/: bin dev emptied etc kept proc sys  /emptied: new ";

/// Returns a workspace whose inner Docker can build, with a marked container.
pub(super) fn marked(person: &Person<'_>, name: &str) -> Repository {
    let repository = person.repository(name);
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find_map(|p| fs::read(p).ok());
    fs::write(repository.join("busybox"), busybox.expect("busybox-static is installed"))
        .expect("it can be copied");
    let run = |words: &str| format!("RUN [\"/bin/busybox\", \"sh\", \"-c\", \"{words}\"]\n");
    let text = format!(
        "FROM scratch\nCOPY busybox /bin/busybox\n{}{}",
        run(
            "set -e; b=/bin/busybox; $b touch /gone /kept; $b mkdir /emptied; $b touch /emptied/old"
        ),
        run(
            "set -e; b=/bin/busybox; $b rm -r /gone /emptied; $b mkdir /emptied; $b touch /emptied/new"
        ),
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
pub(super) fn mark(person: &Person<'_>, repository: &Repository, word: &str) {
    let args = ["run", "--image", "base", "--", "sh", "-c", MARK_SCRIPT, "sh", word];
    person.cai(args).current_dir(repository).run().success();
}

pub(super) fn snapshot(person: &Person<'_>, repository: &Repository, words: &[&str]) -> Cai {
    person.cai(["snapshot"]).args(words).current_dir(repository)
}

pub(super) fn label(container: &Value, name: &str) -> String {
    container["Config"]["Labels"][name].as_str().unwrap_or_default().to_owned()
}
