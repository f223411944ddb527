//! `cai cp`, both ways.

use std::fs::{self, File, FileTimes, Permissions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use containai_tests::{Cai, Person, Repository, wait_until};
use nix::sys::signal::Signal;

/// The size of a file whose copy takes long enough to be interrupted.
const BIG: u64 = 512 << 20;

/// Returns a person and a workspace whose container runs.
fn prepared(name: &str) -> (Person<'static>, Repository) {
    let person = Person::new();
    let repository = person.repository(name);
    person.run(&repository, "true").success();
    (person, repository)
}

fn cp(person: &Person<'_>, workspace: &Repository, words: &[&str]) -> Cai {
    person.cai(["cp"].iter().chain(words)).current_dir(workspace)
}

/// Returns everything that a copy preserves of a tree, one line each.
fn tree_shape(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let stat = fs::symlink_metadata(&path).expect("it exists");
        let content = match stat.file_type() {
            kind if kind.is_symlink() => format!("{:?}", fs::read_link(&path).expect("a link")),
            kind if kind.is_dir() => {
                let entries = fs::read_dir(&path).expect("a directory");
                left.extend(entries.map(|entry| entry.expect("an entry").path()));
                String::new()
            }
            _ => hash(&path),
        };
        let name = path.strip_prefix(root).expect("it is below");
        let (mode, seconds, part) = (stat.mode(), stat.mtime(), stat.mtime_nsec());
        lines.push(format!("{name:?} {mode:o} {seconds}.{part:09} {content}"));
    }
    lines.sort();
    lines
}

fn hash(path: &Path) -> String {
    let mut hash = DefaultHasher::new();
    fs::read(path).expect("it can be read").hash(&mut hash);
    format!("{:x}", hash.finish())
}

/// Creates two thousand files with unusual names, modes and times.
fn make_tree(root: &Path) {
    let odd =
        ["-rf", "a\nb", "ümlaut 🦀", " ", "it's", "\\", "*", "\u{7f}\u{1b}[31m", "$(id)", "~"];
    for dir in 0..40 {
        let dir_path = root.join(format!("dir-{dir}/{}", odd[dir % odd.len()]));
        fs::create_dir_all(&dir_path).expect("a directory can be made");
        for file in 0..50_u64 {
            let name = format!("{}{file}", odd[usize::try_from(file).expect("small") % odd.len()]);
            let path = dir_path.join(name);
            let content = vec![u8::try_from(file).expect("small"); 200 * dir + 1];
            fs::write(&path, content).expect("a file can be written");
            let time = SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000 + file, 7);
            let opened = File::open(&path).expect("it exists");
            opened.set_times(FileTimes::new().set_modified(time)).expect("the times can be set");
            let mode = [0o644, 0o600, 0o755, 0o444, 0o707][dir % 5];
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("the mode can be set");
        }
        symlink(format!("../dir-{dir}/none"), dir_path.join("link")).expect("a link can be made");
    }
    fs::create_dir(root.join("closed")).expect("a directory can be made");
    fs::write(root.join("closed/x"), "").expect("a file can be written");
    fs::set_permissions(root.join("closed"), Permissions::from_mode(0o500))
        .expect("the mode can be set");
    symlink("/etc/passwd", root.join("absolute")).expect("a link can be made");
}

#[test]
fn trees_round_trip_unchanged() {
    let (person, repository) = prepared("cp-tree");
    let tree = person.beside("tree");
    make_tree(&tree);
    let (from, back) = (tree.display().to_string(), person.beside("back"));
    cp(&person, &repository, &[&from, ":/tmp/tree"]).run().success().prints("");
    let counts = "cd /tmp/tree; find . ! -user agent | wc -l; find . -type l -printf x | wc -c";
    person.exec(&repository, counts).success().prints("0\n41\n");
    let to = back.display().to_string();
    cp(&person, &repository, &[":/tmp/tree", &to]).run().success().prints("");
    let expected = tree_shape(&tree);
    assert_eq!(expected.len(), 1 + 40 * 53 + 3);
    assert!(tree_shape(&back) == expected, "the trees differ");

    // By the container's name, from any directory, into an existing directory.
    let name = person.container_name(repository.path());
    let source = format!("{name}:/tmp/tree/.");
    person.cai(["cp", &source, &to]).run().success();
    assert_eq!(tree_shape(&back).len(), expected.len());
}

#[test]
fn relative_paths_start_in_the_workspace() {
    let (person, repository) = prepared("cp-paths");
    fs::write(person.beside("file"), "payload\n").expect("a file can be written");
    let file = person.beside("file").display().to_string();
    for (target, path) in [
        (":", "~/workspace/file"),
        (":new", "~/workspace/new"),
        (":~/", "~/file"),
        (":/mnt/agent-data", "/mnt/agent-data/file"),
    ] {
        cp(&person, &repository, &[&file, target]).run().success();
        person.exec(&repository, &format!("cat {path}")).success().prints("payload\n");
        let source = format!(":{path}");
        let _ = fs::remove_file(person.beside("got"));
        cp(&person, &repository, &[&source, "../got"]).run().success();
        assert_eq!(
            fs::read_to_string(person.beside("got")).expect("the file arrived"),
            "payload\n"
        );
    }
    assert_eq!(fs::read_to_string(repository.join("new")).expect("a workspace"), "payload\n");
}

#[test]
fn failures_are_reported_and_the_rest_is_copied() {
    let (person, repository) = prepared("cp-failures");
    let file = repository.join("README").display().to_string();
    cp(&person, &repository, &[&file, ":/root/x"])
        .run()
        .code(1)
        .stderr_contains("cannot enter `/root/`");
    cp(&person, &repository, &[":/nothing", "."]).run().fails(1, "cannot copy `/nothing`");
    cp(&person, &repository, &["README", "LICENSE"]).run().fails(2, "neither side");
    cp(&person, &repository, &["no-such:a", "."]).run().fails(1, "there is no container `no-such`");
    cp(&person, &repository, &[&file, ":/tmp/none/"]).run().fails(1, "is not a directory");
    let script = "mkdir /tmp/mixed; cd /tmp/mixed; echo a > a; echo z > z; mkfifo pipe; \
                  echo x > closed; sudo chown root closed; sudo chmod 600 closed";
    person.exec(&repository, script).success();
    let to = person.beside("mixed").display().to_string();
    let outcome = cp(&person, &repository, &[":/gone", ":/tmp/mixed", &to]).run();
    outcome.code(1).stderr_contains("is not a directory");
    let outcome = cp(&person, &repository, &[":/tmp/mixed", &to]).run();
    outcome
        .code(1)
        .stderr_contains("`pipe`: it is a named pipe")
        .stderr_contains("closed: Cannot open: Permission denied");
    for name in ["a", "z"] {
        assert!(person.beside("mixed").join(name).exists(), "{name}");
    }
}

/// Interrupts a copy and repeats the command.
fn check_resume_after(name: &str, signal: Signal) {
    let (person, repository) = prepared(name);
    let big = person.beside("big");
    let made = Command::new("head")
        .args(["-c", &BIG.to_string(), "/dev/urandom"])
        .stdout(File::create(&big).expect("a file can be written"))
        .status();
    assert!(made.expect("coreutils are installed").success());
    let sum = "sha256sum < /tmp/big";
    let expected = Command::new("sh").args(["-c", "sha256sum < \"$0\""]).arg(&big).output();
    let expected = String::from_utf8_lossy(&expected.expect("coreutils").stdout).into_owned();

    let from = big.display().to_string();
    let running = cp(&person, &repository, &[&from, ":/tmp/big"]).start();
    let size = || {
        let found = person.exec(&repository, "stat -c %s /tmp/.cai-*.part 2>/dev/null");
        found.stdout().trim().parse::<u64>().unwrap_or(0)
    };
    wait_until(Duration::from_secs(60), "a part comes", || (size() > 8 << 20).then_some(()));
    running.signal(signal);
    assert_eq!(running.outcome().status(), 128 + signal as i32);
    assert_eq!(person.exec(&repository, "test -e /tmp/big").status(), 1);
    let kept = wait_until(Duration::from_secs(60), "the part stays", || {
        let before = size();
        std::thread::sleep(Duration::from_millis(300));
        (before == size()).then_some(before)
    });
    assert!((8 << 20..BIG).contains(&kept), "{kept} of {BIG} came");
    cp(&person, &repository, &[&from, ":/tmp/big"]).run().success();
    person.exec(&repository, sum).success().prints(&expected);

    let back = person.beside("back");
    fs::create_dir(&back).expect("a directory can be made");
    let to = back.display().to_string();
    let part = || -> Option<PathBuf> { Some(fs::read_dir(&back).ok()?.next()?.ok()?.path()) };
    let length = || part().and_then(|path| Some(fs::metadata(path).ok()?.len())).unwrap_or(0);
    let running = cp(&person, &repository, &[":/tmp/big", &to]).start();
    wait_until(Duration::from_secs(60), "a part comes", || (length() > 8 << 20).then_some(()));
    running.signal(signal);
    assert_eq!(running.outcome().status(), 128 + signal as i32);
    assert!((8 << 20..BIG).contains(&length()), "{} of {BIG} came", length());
    let inode = fs::metadata(part().expect("a part")).expect("it exists").ino();
    cp(&person, &repository, &[":/tmp/big", &to]).run().success();
    assert_eq!(part(), Some(back.join("big")));
    assert_eq!(fs::metadata(back.join("big")).expect("it exists").ino(), inode);
    assert_eq!(hash(&back.join("big")), hash(&big));
}

#[test]
fn copy_resumes_after_ctrl_c() {
    check_resume_after("cp-interrupt", Signal::SIGINT);
}

#[test]
fn copy_resumes_after_a_kill() {
    check_resume_after("cp-kill", Signal::SIGKILL);
}

/// Programs in the container that send forged archives.
#[test]
fn hostile_container_writes_nothing_outside_the_destination() {
    let (person, repository) = prepared("cp-hostile");
    let arena = person.beside("arena");
    fs::create_dir_all(arena.join("to")).expect("a directory can be made");
    fs::write(arena.join("mine"), "mine").expect("a file can be written");
    let to = arena.join("to").display().to_string();
    let attacks = [
        // A path in a valid tar archive that was not requested.
        ("tar -cP ../../mine", "contains `..`"),
        ("tar -cP /tmp/evil/mine", "is absolute"),
        (
            "ln -s ../.. way; tar -cf o way; rm way; mkdir way; cp mine way; tar -rf o way/mine; cat o; \
             rm -r way o",
            "`way/mine`: a file or a link is in the way",
        ),
        ("tar -c --transform 's,^,../../,' mine", "contains `..`"),
        ("yes '<html>'", "the archive is malformed"),
        ("cat /dev/zero", "data after the end of the archive"),
        ("true", "truncated"),
        ("printf 'tar: \\033[2J' >&2; false", "cannot pack"),
        ("head -c 300 /usr/bin/tar", "cannot pack|truncated"),
    ];
    person
        .exec(&repository, "mkdir -p /tmp/evil/a/b /tmp/tree; echo theirs > /tmp/evil/mine")
        .success();
    person.exec(&repository, "cd /tmp/evil/a/b; echo theirs > mine").success();
    for (attack, expected) in attacks {
        let script = "printf '%s\\n' '#!/bin/sh' 'cd /tmp/evil/a/b; PATH=/usr/bin:/bin' \"$0\" > /tmp/fake; \
             sudo install -m 755 /tmp/fake /usr/local/bin/tar";
        let install = ["exec", "--", "sh", "-c", script, attack];
        person.cai(install).current_dir(&repository).run().success();
        let _ = fs::remove_dir_all(arena.join("to/tree"));
        let outcome = cp(&person, &repository, &[":/tmp/tree", &to]).run();
        let is_expected = expected.split('|').any(|words| outcome.stderr().contains(words));
        assert!(outcome.status() == 1 && is_expected, "{attack}: {outcome}");
        outcome.stderr_lacks("\u{1b}[2J").stderr_lacks("panicked");
        assert_eq!(fs::read_to_string(arena.join("mine")).expect("it exists"), "mine");
        assert_eq!(fs::read_dir(&arena).expect("it exists").count(), 2, "{attack}");
    }
    // A file with a small declared size and endless content.
    let script = "printf '#!/bin/sh\\nexec cat /dev/zero\\n' > /tmp/fake; \
                  sudo install -m 755 /tmp/fake /usr/local/bin/dd; echo small > /tmp/small";
    person.exec(&repository, script).success();
    cp(&person, &repository, &[":/tmp/small", &to]).run().status();
    assert!(fs::metadata(arena.join("to/small")).is_ok_and(|file| file.len() == 6));
    // A link in the workspace is under the container's control.
    person.exec(&repository, "ln -s ../arena way; ln -s ../arena/mine secret").success();
    cp(&person, &repository, &[":/etc/hostname", "way/mine"]).run().fails(1, "is a symbolic link");
    cp(&person, &repository, &["way/mine", ":/tmp/stolen"]).run().fails(1, "is a symbolic link");
    cp(&person, &repository, &["secret", ":/tmp/stolen"]).run().success();
    person.exec(&repository, "test -L /tmp/stolen").success();
    assert_eq!(fs::read_to_string(arena.join("mine")).expect("it exists"), "mine");
}

#[test]
fn progress_is_shown_on_a_terminal() {
    let (person, repository) = prepared("cp-progress");
    person.exec(&repository, "truncate -s 512M /tmp/big").success();
    let to = person.beside("big").display().to_string();
    let terminal = cp(&person, &repository, &[":/tmp/big", &to]).on_terminal(100, 24);
    terminal.wait_for("/512.00 MiB");
    assert_eq!(terminal.code(), 0);
    let copied = fs::metadata(&to).expect("the file arrived");
    assert!(copied.len() == 512 << 20 && copied.blocks() < 1 << 10, "its holes are filled");
}
