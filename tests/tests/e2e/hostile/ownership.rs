//! Files of the host's root, of the workspace's owner, and of root in the container.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;

use containai_tests::{Cai, Person, Repository, output_of};

/// Returns owner, group, mode, a mark for an access list, size and time of every file.
fn listing(root: &Path) -> String {
    let mut ls = Command::new("ls");
    ls.args(["-lanR", "--time-style=full-iso"]).arg(root).env("LC_ALL", "C");
    let text = output_of(&mut ls);
    let is_shown = |line: &&str| !line.ends_with(" ..") && !line.starts_with("total ");
    text.lines().filter(is_shown).collect::<Vec<_>>().join("\n")
}

fn owner(path: &Path) -> (u32, u32) {
    let status = fs::symlink_metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    (status.uid(), status.gid())
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("it exists").permissions().mode() & 0o7777
}

/// Returns a call as user 1234, who may use the engine.
fn as_owner(person: &Person<'_>, words: &[&str], engine_group: u32) -> Cai {
    let group = format!("--groups={engine_group}");
    let before = ["setpriv", "--reuid=1234", "--regid=1234", &group, "--no-new-privs"];
    person.cai(words.iter().copied()).prefixed_with(before)
}

/// Returns the group that may use the engine, which owns the engine's socket.
fn engine_group() -> u32 {
    let socket = containai_tests::Engine::shared().socket();
    fs::metadata(socket).expect("a socket").gid()
}

/// Returns a person whose home and workspace belong to user 1234.
fn of_1234(person: &Person<'_>, name: &str) -> Repository {
    let home = person.home();
    let mut chown = Command::new("chown");
    output_of(chown.args(["-R", "1234:1234"]).arg(home));
    person.repository(name).owned_by(1234)
}

#[test]
fn modes_and_times_are_preserved_in_a_workspace_of_root() {
    let person = Person::new();
    let repository = person.repository("modes");
    let script = "set -e; umask 077; echo s > key; ssh-keygen -q -t ed25519 -N '' -f k2; \
                  ssh-keygen -y -f k2 > k2.check; umask 022; echo x > plain; chmod 640 README; \
                  touch -d 2001-02-03T04:05:06Z README; mkdir tree; chmod 700 tree; \
                  chmod 711 .git/refs; stat -c %a key k2 plain README tree; stat -c %Y README";
    let expected = "600\n600\n644\n640\n700\n981173106\n";
    person.run(&repository, script).success().prints(expected);
    for (name, expected) in [("key", 0o600), ("k2", 0o600), ("plain", 0o644), ("README", 0o640)] {
        assert_eq!(mode(&repository.join(name)), expected, "{name}");
    }
    // Programs on the host get the requested modes, too.
    let outside = "umask 077; echo s > outside; mkdir dir; touch -d 2001-01-01 README";
    output_of(Command::new("sh").args(["-c", outside]).current_dir(&repository));
    assert_eq!((mode(&repository.join("outside")), mode(&repository.join("dir"))), (0o600, 0o700));
    person.exec(&repository, "cat outside && echo x > dir/x").success().prints("s\n");
}

#[test]
fn workspace_of_root_is_restored_afterwards() {
    let person = Person::new();
    let repository = person.repository("found");
    for number in 0..1500 {
        fs::create_dir_all(repository.join(&format!("node_modules/m{number}")))
            .expect("it can be made");
    }
    let make = |name: &str, mode| {
        fs::write(repository.join(name), "x\n").expect("a file");
        fs::set_permissions(repository.join(name), Permissions::from_mode(mode))
            .expect("it can be made");
    };
    for (name, mode) in [("secret", 0o600), ("tool", 0o4755), ("two-names", 0o644)] {
        make(name, mode);
    }
    fs::hard_link(repository.join("two-names"), person.beside("outside")).expect("a link");
    symlink("/etc/shadow", repository.join("link")).expect("a link");
    make("others", 0o644);
    chown(repository.join("others"), Some(33), Some(33)).expect("an owner");
    fs::create_dir(repository.join("shared")).expect("a directory");
    chown(repository.join("shared"), None, Some(50)).expect("a group");
    fs::set_permissions(repository.join("shared"), Permissions::from_mode(0o2775))
        .expect("it can be made");
    let before = listing(repository.path());

    let reads = "cat secret; git log --format=%s; test -w node_modules/m7 && test ! -w tool";
    person.run(&repository, reads).success().prints("x\nfirst\n");
    assert_ne!(owner(&repository.join("secret")).0, 0);
    assert_eq!(owner(&repository.join("two-names")), (0, 0), "it has a name outside");
    assert_eq!(owner(&person.beside("outside")), (0, 0));
    // root's git works without `safe.directory`.
    let mut git = Command::new("git");
    git.args(["log", "--format=%s"]).current_dir(&repository).env("HOME", person.home());
    let git = git.env("GIT_CONFIG_NOSYSTEM", "1").env_remove("SUDO_UID");
    assert_eq!(output_of(git), "first\n");

    let remove = ["stop", "--remove", "--force"];
    person.cai(remove).current_dir(&repository).run().success().stderr_contains("to root");
    assert_eq!(listing(repository.path()), before);

    // Also where the container ends in other ways: recreated, or removed without `cai`.
    person.run(&repository, "true").success();
    let fresh = ["run", "--fresh", "--force", "--image", "base", "--", "cat", "secret"];
    person.cai(fresh).current_dir(&repository).run().success().prints("x\n");
    let id = person.container(repository.path())["Id"].as_str().expect("an id").to_owned();
    person.api().delete(&format!("/containers/{id}?force=1"));
    assert_ne!(owner(&repository.join("secret")).0, 0);
    person.cai(["gc", "--age", "3650d"]).run().success();
    assert_eq!(listing(repository.path()), before);
}

#[test]
fn set_user_id_files_of_root_cannot_be_created() {
    let person = Person::new();
    let repository = person.repository("suid");
    let script = "cp /bin/sh agents; chmod 6755 agents; sudo cp /bin/sh roots; \
                  sudo chmod 6755 roots; sudo cp /bin/sh given; sudo chown agent given; \
                  sudo chmod 6755 given; mkdir handed; chmod 2777 handed; \
                  sudo chown 0:0 README; sudo chmod 4755 README; stat -c %a agents roots";
    person.run(&repository, script).success().prints("6755\n6755\n");
    let names = ["agents", "roots", "given", "README"];
    for name in names {
        assert_ne!(owner(&repository.join(name)).0, 0, "{name}");
    }
    person.cai(["stop", "--remove", "--force"]).current_dir(&repository).run().success();
    for name in names {
        let path = repository.join(name);
        assert_eq!((owner(&path), mode(&path) & 0o6000), ((0, 0), 0), "{name}");
    }
    assert_eq!(mode(&repository.join("handed")) & 0o6000, 0);
}

#[test]
fn links_swapped_during_use_are_not_followed() {
    let person = Person::new();
    let repository = person.repository("swapped");
    let outside = person.beside("outside");
    fs::create_dir_all(outside.join("deep")).expect("a directory");
    fs::write(outside.join("deep/file"), "mine\n").expect("a file");
    let outside_path = outside.display();
    let script = format!(
        "mkdir -p place/deep; touch place/deep/file; while :; do mv place aside; \
         ln -s {outside_path} place; rm place; mv aside place; done"
    );
    let detached = ["run", "--detach", "--image", "base", "--", "sh", "-c", &script];
    person.cai(detached).current_dir(&repository).run().success();
    for number in 0..8 {
        for leaf in 0..50 {
            let path = repository.join(&format!("new-{number}/{leaf}"));
            fs::create_dir_all(path).expect("a directory");
        }
        person.exec(&repository, &format!("touch new-{number}/7/x")).success();
        assert_eq!(owner(&outside.join("deep/file")), (0, 0));
        assert_eq!(owner(&outside), (0, 0));
    }
}

#[test]
fn files_of_root_inside_become_the_owners() {
    let person = Person::new();
    let repository = of_1234(&person, "left");
    let group = engine_group();
    let cai = |words: &[&str]| as_owner(&person, words, group).current_dir(&repository).run();
    let remove = |name: &str| {
        let mut rm = Command::new("setpriv");
        rm.args(["--reuid=1234", "--regid=1234", "--clear-groups", "rm", "-rf"]);
        rm.arg(repository.join(name)).output().expect("rm runs").status.success()
    };
    let leave = |name: &str| {
        let script =
            format!("sudo sh -c 'mkdir -p {name}/deep; touch {name}/deep/x; chmod 700 {name}'");
        cai(&["run", "--image", "base", "--", "sh", "-c", &script]).success();
        assert!(!remove(name), "user 1234 cannot remove what root inside made");
    };
    let reported = "reclaimed 3 files";
    leave("one");
    cai(&["workspace", "reclaim"]).success().stderr_contains(reported);
    assert!(remove("one"));
    cai(&["workspace", "reclaim"]).success().stderr_contains("belong to its owner");

    leave("two");
    cai(&["stop", "--remove", "--force"]).success().stderr_contains(reported);
    assert!(remove("two"));

    leave("three");
    let id = person.container(repository.path())["Id"].as_str().expect("an id").to_owned();
    person.api().delete(&format!("/containers/{id}?force=1"));
    let path = repository.path().display().to_string();
    cai(&["workspace", "reclaim", &path]).success().stderr_contains(reported);
    assert!(remove("three"));

    // Root of the host needs no helper container.
    leave("four");
    person.cai(["workspace", "reclaim", &path]).run().success().stderr_contains(reported);
    assert_eq!(owner(&repository.join("four/deep/x")), (1234, 1234));
}

#[test]
fn set_user_id_bits_of_the_owners_files_are_cleared() {
    let person = Person::new();
    let repository = of_1234(&person, "cleared");
    let group = engine_group();
    let cai = |words: &[&str]| as_owner(&person, words, group).current_dir(&repository).run();
    let script = "cp /bin/sh tool; chmod 6755 tool; sudo cp /bin/sh rooted; sudo chmod 4755 rooted; \
                  cp /bin/sh plain; chmod 755 plain";
    cai(&["run", "--image", "base", "--", "sh", "-c", script]).success();
    let tool = repository.join("tool");
    assert_eq!((owner(&tool), mode(&tool)), ((1234, 1234), 0o6755), "the attack is well formed");
    cai(&["stop", "--remove", "--force"])
        .success()
        .stderr_contains("cleared")
        .stderr_contains("reclaimed 1 file");
    for name in ["tool", "rooted", "plain"] {
        let path = repository.join(name);
        assert_eq!((owner(&path), mode(&path)), ((1234, 1234), 0o755), "{name}");
    }
}
