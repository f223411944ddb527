//! Exports of a data volume to one file, and restores.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use containai_tests::{Cai, Person, Repository, Volume, wait_until};
use nix::sys::signal::Signal;
use rustix::fs::{XattrFlags, setxattr};
use serde_json::Value;

/// A key pair for these tests only.
const RECIPIENT: &str = "age1gexwg0k7xegz782539xwwqmehmr3werzqg8m7gjjsz77u8cp2uwq7cjff0";
const IDENTITY: &str =
    "AGE-SECRET-KEY-1E92PTHKUTA3AX0GC3J2VMW3NP9RX30KL960Y3X75THRX60X0NM9QMVKUVT\n";

/// Files that an agent and root in the container may leave.
const FILL_SCRIPT: &str = r#"
    cd /mnt/agent-data && mkdir -p a/b 'with space' && echo one > a/one && ln a/one a/b/also &&
    ln -s /etc/passwd out && ln -s ../one a/b/up && ln -s dangling 'line
break' && printf x > "$(printf 'no-utf8-\377')" && truncate -s 64M holes && echo end >> holes &&
    dd if=/dev/zero of=holes bs=4096 count=1 seek=4000 conv=notrunc status=none &&
    echo sh > run && chmod 755 run && echo s > secret && chmod 600 secret &&
    sudo mkdir -m 2750 of-root && echo r | sudo tee of-root/file >/dev/null && sudo chown 33:44 of-root/file &&
    mkdir -m 1777 sticky && mkdir -m 000 closed && touch -d '2001-02-03 04:05:06.123456789' a/one &&
    touch -d '1969-12-31 23:59:58.5' secret && touch -h -d '2002-01-01' out &&
    touch -d '2003-01-01' a/b a && for n in $(seq 40); do mkdir -p deep/$n; cd deep/$n; done
"#;

/// Returns a workspace whose container has filled its data volume and stopped.
fn workspace_with_full_volume(person: &Person<'_>, name: &str) -> (Repository, Volume) {
    let repository = person.repository(name);
    person.run(&repository, FILL_SCRIPT).success();
    person.cai(["stop"]).current_dir(&repository).run().success();
    let volume = Volume::of(person, repository.path());
    let root = volume.path();
    setxattr(root.join("a/one"), "user.note", b"\x00\xff=\n%", XattrFlags::empty()).expect("set");
    setxattr(root.join("a"), "user.of-directory", b"d", XattrFlags::empty()).expect("set");
    let list = access_list(fs::metadata(root.join("run")).expect("it exists").uid());
    setxattr(root.join("run"), "system.posix_acl_access", &list, XattrFlags::empty()).expect("set");
    setxattr(root.join("sticky"), "system.posix_acl_default", &list, XattrFlags::empty())
        .expect("set");
    (repository, volume)
}

/// Encodes `user::rwx,user:UID:r-x,group::r-x,mask::r-x,other::r--` in the kernel's format.
fn access_list(uid: u32) -> Vec<u8> {
    let entries: [(u16, u16, u32); 5] =
        [(1, 7, !0), (2, 5, uid), (4, 5, !0), (0x10, 5, !0), (0x20, 4, !0)];
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

/// Exports and checks the file that was printed.
#[track_caller]
fn export(person: &Person<'_>, workspace: &Repository, words: &[&str]) -> PathBuf {
    let outcome = person.cai(["export"].iter().chain(words)).current_dir(workspace).run();
    let file = PathBuf::from(outcome.success().stdout().trim());
    let metadata = fs::metadata(&file).expect("its name was printed");
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o600);
    file
}

/// Returns `cai import --from FILE` with more words.
fn restore(person: &Person<'_>, workspace: &Repository, file: &Path, words: &[&str]) -> Cai {
    let file = file.to_str().expect("a name of our own");
    person.cai(["import", "--from", file].iter().chain(words)).current_dir(workspace)
}

/// Creates a directory for archives.
fn archives(person: &Person<'_>) -> PathBuf {
    let place = person.beside("archives");
    fs::create_dir_all(&place).expect("a directory can be made");
    place
}

/// Returns the remaining helper containers of this volume.
fn helpers(person: &Person<'_>, volume: &Volume) -> Vec<Value> {
    let label = format!("containai.restores={}", volume.name());
    let filter = format!("%7B%22label%22%3A%5B%22{}%22%5D%7D", label.replace('=', "%3D"));
    let listed = person.api().get(&format!("/containers/json?all=true&filters={filter}"));
    listed.as_array().expect("a list").clone()
}

#[test]
fn volumes_round_trip_unchanged() {
    let person = Person::new();
    let (repository, volume) = workspace_with_full_volume(&person, "export-whole");
    let before = volume.tree();
    assert!(before.values().any(|it| it.contains("with holes")), "{before:#?}");
    let place = archives(&person);
    for name in ["x.tgz", "x.tar.zst"] {
        let to = place.join(name);
        let file = export(&person, &repository, &["-o", to.to_str().expect("a name")]);
        assert_eq!(file, to);
        let listed = Command::new("tar").arg("tf").arg(&file).output().expect("tar is installed");
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        assert!(listed.starts_with(".containai-export.toml\n./\n"), "{listed}");
        person
            .cai(["export", "-o"])
            .args([&file])
            .current_dir(&repository)
            .run()
            .fails(2, "already exists");

        // Into a new volume, and over an existing one.
        let other = Volume::named(&person, &format!("x-{}-{name}", std::process::id()));
        let words = ["--data-volume", other.name()];
        restore(&person, &repository, &file, &words).run().success().stderr_contains("restored");
        assert_eq!(other.tree(), before);
        fs::write(other.path().join("later"), "x").expect("a file can be written");
        fs::remove_dir_all(other.path().join("a")).expect("a directory can be removed");
        let outcome = restore(&person, &repository, &file, &words).run();
        outcome.fails(2, "confirmation required");
        assert!(other.path().join("later").exists());
        let dry = [&words[..], &["--dry-run"]].concat();
        let plan = restore(&person, &repository, &file, &dry).run().success().stdout();
        assert!(plan.contains("1. replace all files on volume x-"), "{plan}");
        let force = [&words[..], &["--force"]].concat();
        restore(&person, &repository, &file, &force).run().success();
        assert_eq!(other.tree(), before);
        assert_eq!(helpers(&person, &other), Vec::<Value>::new());
    }
    // The container finds its files, and nothing of the staging directories.
    let file = place.join("x.tgz");
    restore(&person, &repository, &file, &["--force"]).run().success();
    assert_eq!(volume.tree(), before);
    person.run(&repository, "cat /mnt/agent-data/a/b/also").success().prints("one\n");
    restore(&person, &repository, &file, &["--force"]).run().fails(1, "is running and uses volume");
}

#[test]
fn excludes_can_be_configured() {
    let person = Person::new();
    let repository = person.repository("export-excludes");
    let fill = "cd /mnt/agent-data && mkdir big && touch big/x a.log b.tmp kept";
    person.run(&repository, fill).success();
    person.cai(["stop"]).current_dir(&repository).run().success();
    person.configure("[export]\nexcludes = [\"big\", \"*.log\"]\n");
    let place = archives(&person);
    let listed = |name: &str, words: &[&str]| {
        let to = place.join(name);
        let words = [&["-o", to.to_str().expect("a name")], words].concat();
        let file = export(&person, &repository, &words);
        let listed = Command::new("tar").arg("tf").arg(&file).output().expect("tar is installed");
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        ["big/", "a.log", "b.tmp", "kept"].map(|name| listed.lines().any(|line| line == name))
    };
    assert_eq!(listed("1.tgz", &[]), [false, false, true, true]);
    assert_eq!(listed("2.tgz", &["--exclude", "*.tmp"]), [false, false, false, true]);
    assert_eq!(listed("3.tgz", &["--no-excludes"]), [true, true, true, true]);
    let both = ["export", "--no-excludes", "--exclude", "x"];
    person.cai(both).current_dir(&repository).run().code(2).stderr_contains("cannot be used with");
    let farewell = format!("--export={}", place.join("4.tgz").display());
    person.run(&repository, "true").success();
    person.cai(["stop", &farewell]).current_dir(&repository).run().success();
    let tar = Command::new("tar").arg("tf").arg(place.join("4.tgz")).output();
    let text = String::from_utf8_lossy(&tar.expect("tar is installed").stdout).into_owned();
    assert!(text.contains("kept\n") && !text.contains("a.log"), "{text}");
}

#[test]
fn export_is_a_consistent_snapshot() {
    let person = Person::new();
    let repository = person.repository("export-live");
    // Many other files lie between the first and the last file that is read.
    let begin = "cd /mnt/agent-data && mkdir m && for n in $(seq 60); do \
                 head -c 4000000 /dev/urandom > m/$n; done && (i=0; while :; do i=$((i+1)); \
                 echo $i > a.new; mv a.new a; echo $i > z.new; mv z.new z; done) >/dev/null 2>&1 &";
    let has_begun = "until [ -e /mnt/agent-data/z ]; do sleep 0.1; done; echo begun";
    person.run(&repository, &format!("{begin} {has_begun}")).success().prints("begun\n");
    let count = || -> u64 {
        let text = person.exec(&repository, "cat /mnt/agent-data/a").success().stdout();
        text.trim().parse().unwrap_or_default()
    };
    let first = count();
    let place = archives(&person);
    let file = export(&person, &repository, &["-o", place.to_str().expect("a name")]);
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(name.starts_with("containai-export-2") && name.ends_with(".tgz"), "{name}");
    let read = |file: &Path, path: &str| -> u64 {
        let tar = Command::new("tar").arg("xOf").arg(file).arg(path).output();
        let text = tar.expect("tar is installed").stdout;
        String::from_utf8_lossy(&text).trim().parse().expect("a number")
    };
    let (a, z) = (read(&file, "a"), read(&file, "z"));
    assert!(a == z || a == z + 1, "{a} and {z} were read at different times");
    assert!(a >= first);
    // The container was unpaused.
    let state = &person.container(repository.path())["State"];
    assert_eq!(state["Paused"], false);
    wait_until(Duration::from_secs(60), "the writer writes", || (count() > a + 5).then_some(()));

    // A concurrent command unpauses the container only after everything is read.
    let is_paused = || person.container(repository.path())["State"]["Paused"] == true;
    let whole_beside = |comes: &dyn Fn()| {
        let other = place.join("other.tgz");
        let words = ["export", "-o", &other.display().to_string()];
        let running = person.cai(words).current_dir(&repository).start();
        wait_until(Duration::from_secs(60), "the container is frozen", || {
            is_paused().then_some(())
        });
        comes();
        running.outcome().success();
        let (a, z) = (read(&other, "a"), read(&other, "z"));
        assert!(a == z || a == z + 1, "{a} and {z} were read at different times");
        fs::remove_file(other).expect("it exists");
    };
    whole_beside(&|| {
        count();
    });

    // A killed export leaves no file, and a paused container that the next command unpauses.
    let killed =
        person.cai(["export", "-o", &place.display().to_string()]).current_dir(&repository);
    let running = killed.start();
    wait_until(Duration::from_secs(60), "the container is frozen", || is_paused().then_some(()));
    running.signal(Signal::SIGKILL);
    drop(running.outcome());
    let before = count();
    wait_until(Duration::from_secs(60), "the writer writes", || (count() > before).then_some(()));
    // On SIGTERM it unpauses the container itself.
    let running =
        person.cai(["export", "-o", &place.display().to_string()]).current_dir(&repository).start();
    wait_until(Duration::from_secs(60), "the container is frozen", || is_paused().then_some(()));
    running.signal(Signal::SIGTERM);
    running.outcome().code(130);
    assert!(!is_paused());
    let archives = fs::read_dir(&place).expect("a directory").flatten();
    let archives = archives.filter(|it| it.file_name().to_string_lossy().ends_with(".tgz"));
    assert_eq!(archives.count(), 1);
    whole_beside(&|| {
        person.cai(["stop"]).current_dir(&repository).run().success();
    });
}

#[test]
fn archives_are_not_written_to_workspaces() {
    let person = Person::new();
    let repository = person.repository("export-default");
    person.run(&repository, "echo kept > /mnt/agent-data/kept").success();
    let file = export(&person, &repository, &[]);
    let place = person.home().join(".local/share/containai/exports");
    assert_eq!(file.parent(), Some(&*place));
    let mode = fs::metadata(&place).expect("it was made").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(name.starts_with("containai-export-export-default-2"), "{name}");
    let sealed = export(&person, &repository, &["--recipient", RECIPIENT]);
    assert!(sealed.to_string_lossy().ends_with(".tgz.age"), "{}", sealed.display());
    restore(&person, &repository, &sealed, &["--dry-run"])
        .run()
        .fails(1, "cannot decrypt the archive");

    // In the workspace it would be committed, and a link in the workspace may point anywhere.
    let out = person.beside("out");
    fs::create_dir(&out).expect("a directory can be made");
    std::os::unix::fs::symlink(&out, repository.join("link")).expect("a link can be made");
    let other = person.repository("export-elsewhere");
    for to in [".", "x.tgz", "link", "link/x.tgz", ".git/x.tar.zst"] {
        let export = ["export", "-o", to];
        person.cai(export).current_dir(&repository).run().fails(2, "is in a workspace");
        let to = repository.join(to).display().to_string();
        let workspace = repository.path().display().to_string();
        let words = ["export", &workspace, "-o", &to];
        person.cai(words).current_dir(&other).run().fails(2, "is in a workspace");
    }
    let flag = "--export=.";
    person.cai(["stop", flag]).current_dir(&repository).run().fails(2, "is in a workspace");
    assert_eq!(fs::read_dir(&out).expect("a directory").count(), 0);
    person.cai(["stop", "--export"]).current_dir(&repository).run().success();
    assert_eq!(fs::read_dir(&place).expect("a directory").count(), 3);
}

#[test]
fn encrypted_archives_require_their_key() {
    let person = Person::new();
    let (repository, volume) = workspace_with_full_volume(&person, "export-sealed");
    let place = archives(&person);
    let path = |name: &str| place.join(name).to_str().expect("a name").to_owned();
    fs::write(path("pass"), "correct horse\nmore\n").expect("a file can be written");
    fs::write(path("wrong"), "battery staple\n").expect("a file can be written");
    fs::write(path("identity"), IDENTITY).expect("a file can be written");
    let before = volume.tree();

    let file = export(
        &person,
        &repository,
        &["-o", &path("p.tgz.age"), "--passphrase-file", &path("pass")],
    );
    let head = fs::read(&file).expect("it exists");
    assert!(head.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    let try_with = |words: &[&str]| {
        restore(&person, &repository, &file, &[&["--force"], words].concat()).run()
    };
    try_with(&[]).fails(2, "the passphrase of the archive is required but stdin is not a terminal");
    try_with(&["--passphrase-file", &path("wrong")]).fails(1, "cannot decrypt the archive");
    assert_eq!(volume.tree(), before);
    try_with(&["--passphrase-file", &path("pass")]).success();
    assert_eq!(volume.tree(), before);

    let sealed =
        export(&person, &repository, &["-o", &path("r.tar.zst"), "--recipient", RECIPIENT]);
    assert_eq!(
        sealed,
        Path::new(&path("r.tar.zst.age")),
        "the name has the extension of the encryption"
    );
    restore(&person, &repository, &sealed, &["--force"])
        .run()
        .fails(1, "cannot decrypt the archive");
    restore(&person, &repository, &sealed, &["--force", "--identity", &path("identity")])
        .run()
        .success();
    assert_eq!(volume.tree(), before);
    // A name for an encrypted archive, without a recipient.
    let naked = person.cai(["export", "-o", &path("n.tgz.age")]).current_dir(&repository).run();
    naked.fails(2, "the name of an encrypted archive");
    assert!(!Path::new(&path("n.tgz.age")).exists());
    let leftovers = fs::read_dir(&place).expect("a directory").flatten();
    let leftovers = leftovers.filter(|it| it.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(leftovers.count(), 0);
}

#[test]
fn stop_exports_the_volume() {
    let person = Person::new();
    let repository = person.repository("export-stop");
    let late = "trap 'echo late > /mnt/agent-data/late; exit' TERM; while :; do sleep 0.1; done";
    person.run(&repository, "echo kept > /mnt/agent-data/kept").success();
    let to = archives(&person).join("last.tgz");
    let flag = format!("--export={}", to.display());
    let dry = ["stop", "--remove", &flag, "--dry-run"];
    let plan = person.cai(dry).current_dir(&repository).run().success().stdout();
    let steps =
        ["stop export-stop", "export the data volume", "remove the OpenSSH", "remove export-stop"];
    assert!(steps.map(|step| plan.find(step)).is_sorted(), "{plan}");
    assert!(steps.iter().all(|step| plan.contains(step)), "{plan}");
    // Files written during systemd's shutdown are in the archive, too.
    let unit = format!("sudo systemd-run --uid=agent --unit=late sh -c \"{late}\"");
    person.exec(&repository, &unit).success();
    person
        .cai(["stop", "--remove", &flag])
        .current_dir(&repository)
        .run()
        .success()
        .prints_line(&to.display().to_string());
    assert_eq!(person.containers(repository.path()).len(), 0);
    let listed = Command::new("tar").arg("tf").arg(&to).output().expect("tar is installed");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("\nkept\n") && listed.contains("\nlate\n"), "{listed}");

    // When the archive cannot be written, nothing is removed.
    person.run(&repository, "true").success();
    let bad = person.cai(["stop", "--remove", &flag]).current_dir(&repository).run();
    bad.fails(2, "already exists");
    assert_eq!(person.container(repository.path())["State"]["Running"], true);
    let nowhere = "--export=/proc/x.tgz".to_owned();
    person
        .cai(["stop", "--remove", &nowhere])
        .current_dir(&repository)
        .run()
        .fails(1, "cannot write in");
    assert_eq!(person.containers(repository.path()).len(), 1);
}
