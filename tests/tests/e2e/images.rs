//! `cai image`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use containai_tests::{Engine, Person, UnresponsiveEngine};
use serde_json::Value;

#[test]
fn images_are_listed_and_used_ones_are_kept() {
    let person = Person::new();
    let repository = person.repository("listed");
    person.run(&repository, "true").success();
    let list = || -> Vec<Value> {
        let outcome = person.cai(["image", "list", "--json"]).run();
        serde_json::from_str(&outcome.success().stdout()).expect("a JSON array")
    };
    let images = list();
    let is_base = |image: &&Value| image["name"] == "base" && image["current"] == true;
    let base = images.iter().find(is_base).unwrap_or_else(|| panic!("no base: {images:#?}"));
    assert!(base["containers"].as_u64() >= Some(1), "{base}");
    assert_eq!(base["version"], env!("CARGO_PKG_VERSION"), "{base}");

    let reference = base["references"][0].as_str().expect("a reference");
    let table = person.cai(["image", "list"]).run();
    assert!(table.success().stdout().contains(reference), "{table}");
    let plan = person.cai(["image", "prune", "--all", "--dry-run"]).run();
    assert!(!plan.success().stdout().contains(reference), "{plan}");
    let stays = list().iter().any(|image| image["references"][0] == reference);
    assert!(stays, "a dry run removes nothing");

    let build = person.cai(["image", "build", "base"]).run();
    build.success().prints("").stderr_contains("base is up to date: containai/base:");
    let plan = person.cai(["image", "build", "--dry-run", "--no-cache", "base", "full"]).run();
    let stdout = plan.success().stdout();
    let names: Vec<_> = stdout.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(names, ["build containai/base", "build containai/full"], "{plan}");
}

#[test]
fn git_lfs_files_stay_pointers() {
    let person = Person::new();
    let repository = person.repository("lfs");
    let script = "set -e; printf '*.bin filter=lfs diff=lfs merge=lfs -text\\n' > .gitattributes; \
                  echo real > a.bin; git add .; git commit --quiet --message=lfs; \
                  git show HEAD:a.bin | head -n 1; git status --short; echo more >> a.bin; \
                  git commit --quiet --all --message=agent; git show HEAD:a.bin | wc -l";
    person
        .run(&repository, &format!("git config user.name A; git config user.email a@b; {script}"))
        .success()
        .prints("version https://git-lfs.github.com/spec/v1\n3\n");
    let name = format!("lfs-{}", std::process::id());
    person.cai(["snapshot", "create", &name]).current_dir(&repository).run().success();
    person.cai(["snapshot", "fork", &name]).current_dir(&repository).run().success();
    let fork = person.beside(&format!("lfs-{name}"));
    person.exec(&fork, "cat a.bin; git status --short").success().prints("real\nmore\n");
    person.remove_containers(&fork);
}

#[test]
fn old_images_are_pruned_and_the_users_own_are_kept() {
    let person = Person::new();
    let api = person.api();
    let mine = "prune-test-of-the-users";
    for repository in ["containai/sdks", mine] {
        api.import(repository, "old", &[0; 1024]);
    }
    let plan = person.cai(["image", "prune", "--dry-run"]).run();
    assert!(plan.success().stdout().contains("containai/sdks:old"), "{plan}");
    let pruned = person.cai(["image", "prune"]).run();
    assert!(pruned.success().stdout().contains("containai/sdks:old"), "{pruned}");
    let left = api.get("/images/json").to_string();
    assert!(!left.contains("containai/sdks:old"), "{left}");
    assert!(left.contains(mine), "{left}");
    api.delete(&format!("/images/{mine}:old"));
}

/// Another engine has build cache of its other users.
#[test]
fn build_cache_of_another_engine_is_kept() {
    let person = Person::new();
    let socket = person.beside("other.sock");
    let other = UnresponsiveEngine::start(socket, &Engine::shared().socket(), &["/build/prune"]);
    let prune = ["--docker-host", &other.address(), "image", "prune"];
    person.cai(prune).timeout(Duration::from_secs(60)).run().success();
}

#[test]
fn foreign_images_cannot_be_built() {
    let person = Person::new();
    let outcome = person.cai(["image", "build", "ubuntu"]).run();
    outcome.code(2).stderr_contains("is not one of `base`, `agents`, `sdks`, `full`");
    let outcome = person.cai(["image", "pull", "localhost:1/no/such:thing"]).run();
    outcome.fails(111, "image `localhost:1/no/such:thing` is not available");
}

/// Answers every request on loopback with the same bytes; perl-base is essential in Debian and
/// Ubuntu.
const FORGING_SERVER: &str = r#"use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8099, Listen => 9, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
    while (<$client>) { last if /^\r?$/ }
    print $client "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nforged";
    close $client;
}
"#;

#[test]
fn downloads_with_a_wrong_checksum_are_rejected() {
    let person = Person::new();
    let repository = person.repository("forged");
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../images");
    for (file, name) in [("agents/build/fetch", "fetch"), ("sdks/build/host", "host")] {
        fs::copy(images.join(file), repository.path().join(name)).expect("a file can be copied");
    }
    fs::write(repository.path().join("forger"), FORGING_SERVER).expect("a file can be written");
    let prepare = "mkdir /tmp/containai-build /tmp/containai-host && cp fetch host /tmp/containai-build/ && \
                   echo registry=http://127.0.0.1:8099/ > /tmp/containai-host/npmrc && \
                   (setsid perl forger >/dev/null 2>&1 </dev/null &) && \
                   curl -s --retry-connrefused --retry 20 --retry-delay 1 http://127.0.0.1:8099/";
    person.run(&repository, prepare).success().prints("forged");

    // The SHA-256 of the served bytes, and a wrong one.
    let download = |sum: &str| {
        let script = format!(
            ". /tmp/containai-build/host; download sha256sum {sum} http://127.0.0.1:8099/x.tar.gz /tmp/x; echo taken"
        );
        person.exec(&repository, &script)
    };
    let right = person.exec(&repository, "printf forged | sha256sum | cut -d' ' -f1");
    let right = right.success().stdout();
    download(right.trim()).success().prints("==> downloading x.tar.gz\ntaken\n");
    let wrong = download(&"0".repeat(64));
    wrong.code(1).prints_line("==> downloading x.tar.gz").stderr_contains("did NOT match");
    assert!(!wrong.stdout().contains("taken"), "{wrong}");

    let fetched = person.exec(&repository, "sudo sh /tmp/containai-build/fetch");
    fetched.code(1).stderr_contains("did NOT match");
    person.exec(&repository, "ls /opt/containai 2>/dev/null; true").success().prints("");
}
