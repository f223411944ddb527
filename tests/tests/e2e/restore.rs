//! Interrupted restores, and archives of strangers.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use containai_tests::{Cai, Person, Repository, Volume, wait_until};
use nix::sys::signal::Signal;
use serde_json::Value;

/// Returns a stopped container with files on its volume, and a big archive.
fn prepared(person: &Person<'_>, name: &str) -> (Repository, Volume, PathBuf) {
    let repository = person.repository(name);
    let fill = "cd /mnt/agent-data && mkdir big && for n in $(seq 100); do \
                head -c 3000000 /dev/urandom > big/$n; done && echo archived > which";
    person.run(&repository, fill).success();
    let file = person.beside("big.tar.zst");
    let words = ["stop".to_owned(), format!("--export={}", file.display())];
    person.cai(words).current_dir(&repository).run().success();
    person.run(&repository, "cd /mnt/agent-data && rm -r big && echo mine > which").success();
    person.cai(["stop"]).current_dir(&repository).run().success();
    let volume = Volume::of(person, repository.path());
    (repository, volume, file)
}

fn restore(person: &Person<'_>, workspace: &Repository, file: &Path) -> Cai {
    let file = file.to_str().expect("a name of our own");
    person.cai(["import", "--force", "--from", file]).current_dir(workspace)
}

fn helpers(person: &Person<'_>, volume: &Volume) -> Vec<Value> {
    let filter = format!("%7B%22label%22%3A%5B%22containai.restores%3D{}%22%5D%7D", volume.name());
    let listed = person.api().get(&format!("/containers/json?all=true&filters={filter}"));
    listed.as_array().expect("a list").clone()
}

/// Waits until the helper unpacks; returns its id.
fn wait_until_unpacking(person: &Person<'_>, volume: &Volume) -> String {
    let staged = volume.path().join(".containai-restore/new/big");
    wait_until(Duration::from_secs(60), "the helper unpacks", || {
        let some = fs::read_dir(&staged).is_ok_and(|mut entries| entries.next().is_some());
        let helper = helpers(person, volume).pop()?;
        some.then(|| helper["Id"].as_str().map(str::to_owned))?
    })
}

#[test]
fn killed_restore_loses_nothing() {
    let person = Person::new();
    let (repository, volume, file) = prepared(&person, "restore-killed");
    let before = volume.tree();
    let is_as_before = || {
        let mut found = volume.tree();
        // The directories of the staging area have changed the time of the top directory.
        found.insert(PathBuf::new(), before[Path::new("")].clone());
        assert_eq!(found, before);
    };
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
        let running = restore(&person, &repository, &file).start();
        wait_until_unpacking(&person, &volume);
        running.signal(signal);
        let outcome = running.outcome();
        assert_ne!(outcome.status(), 0, "{outcome}");
        wait_until(Duration::from_secs(60), "the helper takes it back", || {
            (!volume.path().join(".containai-restore").exists()).then_some(())
        });
        is_as_before();
        // The leftovers are no obstacle, and are removed afterwards.
        person.run(&repository, "cat /mnt/agent-data/which").success().prints("mine\n");
        assert_eq!(helpers(&person, &volume), Vec::<Value>::new(), "{signal}");
        person.cai(["stop"]).current_dir(&repository).run().success();
    }
    // The helper itself is killed, as by a crash of the machine.
    let running = restore(&person, &repository, &file).start();
    let helper = wait_until_unpacking(&person, &volume);
    person.api().post(&format!("/containers/{helper}/kill"), &Value::Null);
    running.outcome().fails(1, "exited with status 137");
    person.run(&repository, "cat /mnt/agent-data/which").success().prints("mine\n");
    assert_eq!(helpers(&person, &volume), Vec::<Value>::new());
    person.cai(["stop"]).current_dir(&repository).run().success();
    restore(&person, &repository, &file).run().success();
    person.run(&repository, "cat /mnt/agent-data/which").success().prints("archived\n");
}

#[test]
fn next_command_finishes_a_restore_that_was_moving_files() {
    let person = Person::new();
    let (repository, volume, file) = prepared(&person, "restore-moved");
    let mut running = restore(&person, &repository, &file).start();
    let helper = wait_until_unpacking(&person, &volume);
    running.signal(Signal::SIGSTOP);
    person.api().post(&format!("/containers/{helper}/kill"), &Value::Null);
    running.signal(Signal::SIGKILL);
    wait_until(Duration::from_secs(60), "it is dead", || running.has_ended().then_some(()));
    // The state after everything is unpacked and some of it moved.
    let staging = volume.path().join(".containai-restore");
    fs::write(staging.join("new/which"), "archived\n").expect("a file can be written");
    fs::write(staging.join("retire"), "").expect("a file can be written");
    fs::remove_dir_all(pipes(&person)).expect("what the helper had mounted goes");
    let plan = person.cai(["run", "--dry-run"]).current_dir(&repository).run().success().stdout();
    assert!(plan.contains("finish an interrupted restore of the volume"), "{plan}");
    let look = "cat /mnt/agent-data/which; ls -A /mnt/agent-data";
    let found = person.run(&repository, look).success().stdout();
    assert!(found.starts_with("archived\n"), "{found}");
    assert!(!found.contains(".containai-restore") && found.contains("big"), "{found}");
    assert_eq!(helpers(&person, &volume), Vec::<Value>::new());
}

#[test]
fn restore_uses_a_pipe_where_possible() {
    let person = Person::new();
    let (repository, volume, file) = prepared(&person, "restore-pipe");
    // Neither a pipe nor a directory that an engine leaves in its place.
    let in_the_way = pipes(&person).join(volume.name()).join("mine");
    let stdin_of = |helper: &str| {
        let helper = person.api().get(&format!("/containers/{helper}/json"));
        fs::read_link(format!("/proc/{}/fd/0", helper["State"]["Pid"])).expect("it runs")
    };
    let restore_input = || {
        let running = restore(&person, &repository, &file).start();
        let stdin = stdin_of(&wait_until_unpacking(&person, &volume));
        running.outcome().success();
        person.run(&repository, "cat /mnt/agent-data/which").success().prints("archived\n");
        person.run(&repository, "rm -r /mnt/agent-data/big").success();
        person.cai(["stop"]).current_dir(&repository).run().success();
        stdin
    };
    assert_eq!(restore_input(), Path::new("/mnt/containai/shortcut/pipe"));
    let left = fs::read_dir(pipes(&person)).expect("a directory").count();
    assert_eq!(left, 0, "the pipe is left");
    fs::create_dir_all(&in_the_way).expect("made");
    assert_ne!(restore_input(), Path::new("/mnt/containai/shortcut/pipe"));
    assert!(in_the_way.exists());
}

/// Returns the directory of the pipes of restores.
fn pipes(person: &Person<'_>) -> PathBuf {
    person.home().join(".config/containai/pipes")
}

/// Packs a directory with GNU tar as a stranger would, with a manifest that imitates ours.
fn forge_archive(
    person: &Person<'_>,
    name: &str,
    make: impl FnOnce(&Path),
    words: &[&str],
) -> PathBuf {
    let tree = person.beside(&format!("forged-{name}"));
    fs::create_dir_all(&tree).expect("a directory can be made");
    let manifest = "format = 1\nvolume = \"v\"\nmade = \"2026-01-01T00:00:00Z\"\nversion = \"1\"\n";
    fs::write(tree.join(".containai-export.toml"), manifest).expect("a file can be written");
    make(&tree);
    let file = person.beside(&format!("{name}.tgz"));
    let mut tar = Command::new("tar");
    tar.args(["--format=posix", "-P", "--no-recursion", "-czf"]).arg(&file).arg("-C").arg(&tree);
    let packed = tar.args([".containai-export.toml", "./"]).args(words).status();
    assert!(packed.expect("tar is installed").success());
    file
}

#[test]
fn hostile_archives_change_nothing() {
    let person = Person::new();
    let repository = person.repository("restore-hostile");
    person.run(&repository, "echo mine > /mnt/agent-data/which").success();
    person.cai(["stop"]).current_dir(&repository).run().success();
    let volume = Volume::of(&person, repository.path());
    let before = volume.tree();
    let write = |path: PathBuf| fs::write(path, "x").expect("a file can be written");
    let run = |program: &str, words: &[&str], tree: &Path| {
        let done = Command::new(program).args(words).current_dir(tree).status();
        assert!(done.expect("it is installed").success());
    };
    let check = |file: PathBuf, expected: &str| {
        restore(&person, &repository, &file).run().fails(1, expected);
        assert_eq!(volume.tree(), before, "{expected}");
        let new = format!("hostile-{}", std::process::id());
        let words = ["import", "--data-volume", &new, "--from"];
        person.cai(words).args([&file]).current_dir(&repository).run().fails(1, expected);
        let volumes = person.api().get("/volumes").to_string();
        assert!(!volumes.contains(&new), "a volume was made for nothing");
        assert_eq!(helpers(&person, &volume), Vec::<Value>::new());
    };
    let file = forge_archive(&person, "absolute", |_| {}, &["/etc/hostname"]);
    check(file, "`/etc/hostname` is absolute");
    let file = forge_archive(&person, "upwards", |tree| write(tree.join("../up")), &["../up"]);
    check(file, "`../up` contains `..`");
    let make = |tree: &Path| symlink("/etc", tree.join("a")).expect("a link can be made");
    check(
        forge_archive(&person, "link", make, &["a", "a/hostname"]),
        "has no preceding parent directory",
    );
    let make = |tree: &Path| {
        symlink("b", tree.join("a")).expect("a link can be made");
        symlink("/etc", tree.join("b")).expect("a link can be made");
    };
    check(
        forge_archive(&person, "chain", make, &["b", "a", "a/hostname"]),
        "has no preceding parent directory",
    );
    let make = |tree: &Path| run("mknod", &["zero", "c", "1", "5"], tree);
    check(forge_archive(&person, "device", make, &["zero"]), "`zero` is a device");
    let make = |tree: &Path| {
        write(tree.join("root"));
        run("chmod", &["4755", "root"], tree);
    };
    check(
        forge_archive(&person, "setuid", make, &["root"]),
        "`root` has set-user-id or set-group-id bits",
    );
    let bomb = person.beside("bomb.tgz");
    let tree = person.beside("forged-bomb");
    drop(forge_archive(&person, "bomb", |_| {}, &[]));
    let header = bomb_header(&tree, 2 << 40);
    fs::write(&bomb, header).expect("a file can be written");
    check(bomb, "needs more than");
    write(person.beside("plain.tgz"));
    check(person.beside("plain.tgz"), "cannot read");
    let whole = forge_archive(&person, "whole", |tree| write(tree.join("x")), &["x"]);
    let bytes = fs::read(&whole).expect("it exists");
    fs::write(&whole, &bytes[..bytes.len() - 30]).expect("a file can be written");
    check(whole, "cannot restore");
}

/// Returns the beginning of an archive that announces one file of this size.
fn bomb_header(tree: &Path, size: u64) -> Vec<u8> {
    let tar = Command::new("tar")
        .args(["--format=gnu", "-C"])
        .arg(tree)
        .args(["-cf", "-", "--no-recursion", ".containai-export.toml", "./"])
        .output()
        .expect("tar is installed");
    // Three blocks of the manifest and the top; the padding of the record is cut off.
    let mut archive = tar.stdout[..3 * 512].to_vec();
    let mut header = [0_u8; 512];
    header[..4].copy_from_slice(b"bomb");
    header[100..107].copy_from_slice(b"0000644");
    header[108..115].copy_from_slice(b"0001750");
    header[116..123].copy_from_slice(b"0001750");
    header[124] = 0x80;
    header[128..136].copy_from_slice(&size.to_be_bytes());
    header[136..147].copy_from_slice(b"00000000000");
    header[148..156].fill(b' ');
    header[156] = b'0';
    header[257..263].copy_from_slice(b"ustar\0");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    archive.extend(header);
    archive
}
