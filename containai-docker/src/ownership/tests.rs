//! Tests with real files; changing owners needs root.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Mode, OFlags, openat};
use tempfile::TempDir;

use super::acl::Acl;
use super::lend::{ChangedSince, give_to_agent};
use super::lend_trees::return_loan;
use super::loan_store::{Loan, LoanStore};
use super::node::{ACCESS_ACL, DEFAULT_ACL, Node};
use super::owner::owner_of;
use super::reclaim::{ReclaimMode, reclaim};
use super::{FileOwner, SubordinateIds};

const BASE: u32 = 1_900_000_000;
const AGENT: u32 = BASE + 1000;

fn ids() -> SubordinateIds {
    let range = BASE..BASE + 65536;
    SubordinateIds::new(range.clone(), range)
}

/// Returns a directory on a file system with extended attributes.
fn test_directory() -> TempDir {
    tempfile::tempdir_in("/var/tmp").expect("a directory")
}

fn make_file(path: &Path, mode: u32) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
    fs::write(path, "text\n").expect("a file");
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("its mode");
}

fn owner(path: &Path) -> (u32, u32) {
    let status = path.symlink_metadata().expect("a file");
    (status.uid(), status.gid())
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().expect("a file").mode() & 0o7777
}

/// Lists owner, group, mode, ACLs and time of each file.
fn listing(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(path) = pending.pop() {
        let status = path.symlink_metadata().expect("a file");
        let node = Node::open(&path).expect("a node");
        let lists: Vec<_> = [ACCESS_ACL, DEFAULT_ACL].map(|it| node.xattr(it).ok()).into();
        let attributes = node.xattr_names().expect("its attributes");
        let is_marked =
            [super::node::SAVED_GROUP, super::node::SAVED_ACL].map(|it| attributes.has(it));
        let (uid, gid, mode) = (status.uid(), status.gid(), status.mode());
        let time = (status.mtime(), status.mtime_nsec());
        let line = format!("{uid}:{gid} {mode:o} {lists:?} {is_marked:?} {time:?}");
        found.insert(path.clone(), line);
        if status.is_dir() {
            let entries = fs::read_dir(&path).expect("its entries");
            pending.extend(entries.map(|entry| entry.expect("an entry").path()));
        }
    }
    found
}

/// Creates a workspace of root with every kind of file.
fn workspace() -> (TempDir, PathBuf) {
    let base = test_directory();
    let root = base.path().join("work");
    make_file(&root.join("src/main.rs"), 0o644);
    make_file(&root.join("secret"), 0o600);
    make_file(&root.join("script"), 0o755);
    make_file(&root.join("tool"), 0o4755);
    make_file(&root.join("two/names"), 0o644);
    fs::hard_link(root.join("two/names"), base.path().join("outside")).expect("a link");
    symlink("/etc/passwd", root.join("link")).expect("a link");
    make_file(&root.join("others"), 0o644);
    chown(root.join("others"), Some(33), Some(33)).expect("an owner");
    make_file(&root.join("grouped"), 0o640);
    chown(root.join("grouped"), None, Some(42)).expect("a group");
    fs::create_dir(root.join("shared")).expect("a directory");
    chown(root.join("shared"), None, Some(50)).expect("a group");
    fs::set_permissions(root.join("shared"), Permissions::from_mode(0o2775)).expect("a mode");
    assert!(Command::new("mkfifo").arg(root.join("pipe")).status().expect("mkfifo").success());
    for git in [".git", "vendor/inner/.git", ".git/modules/sub"] {
        make_file(&root.join(git).join("HEAD"), 0o644);
        fs::create_dir_all(root.join(git).join("objects/00")).expect("directories");
        fs::create_dir_all(root.join(git).join("refs")).expect("directories");
    }
    make_file(&root.join("sub/.git"), 0o644);
    let mut acl = Acl::from_mode(0o640);
    acl.allow(33);
    let node = Node::open(&root.join("src")).expect("a node");
    node.set_acl(ACCESS_ACL, &acl).expect("a list");
    node.set_acl(DEFAULT_ACL, &acl).expect("a list");
    let node = Node::open(&root.join("vendor/inner")).expect("a node");
    node.set_acl(ACCESS_ACL, &acl).expect("a list");
    (base, root)
}

#[test]
fn lent_workspace_is_returned_unchanged() {
    let (base, root) = workspace();
    let before = listing(base.path());
    for round in 0..2 {
        let lent = give_to_agent(&root, &ids(), ChangedSince::Unknown).expect("it can be lent");
        assert_eq!(lent.errors.count, 0, "{:?}", lent.errors);
        assert_eq!(
            (lent.files == 0, lent.skipped),
            (round == 1, 3),
            "suid, linked, pipe: {lent:?}"
        );
    }
    for file in ["src/main.rs", "secret", "script", "link", "src", "shared", ".git/HEAD"] {
        assert_eq!(owner(&root.join(file)), (AGENT, AGENT), "{file}");
    }
    assert_eq!(mode(&root.join("secret")), 0o600);
    for kept in ["tool", "two/names", "pipe"] {
        assert_eq!(owner(&root.join(kept)), (0, 0), "{kept}");
    }
    assert_eq!(owner(&root.join("others")), (33, 33));
    // Files whose owner git on the host checks stay root's, and the agent may write them.
    for git in
        ["", ".git", "vendor/inner", "vendor/inner/.git", ".git/modules/sub", "sub", "sub/.git"]
    {
        assert_eq!(owner(&root.join(git)).0, 0, "{git}");
        let node = Node::open(&root.join(git)).expect("a node");
        let acl = node.acl(ACCESS_ACL).expect("a list").expect("a valid one");
        assert!(acl.has_user(AGENT), "{git}");
        assert!(node.xattr(DEFAULT_ACL).is_err(), "{git}");
    }
    // Files created by the container become root's, without set-id bits.
    for (name, mode, uid) in [("made", 0o4755, AGENT), ("made-g", 0o2644, BASE), ("t", 0o2755, 7)] {
        make_file(&root.join(name), 0o644);
        chown(root.join(name), Some(uid.max(BASE)), Some(BASE + 5)).expect("an owner");
        fs::set_permissions(root.join(name), Permissions::from_mode(mode)).expect("a mode");
    }
    let (done, refused) = reclaim(&root, ReclaimMode::ToRoot(&ids()), &[]).expect("it comes back");
    assert_eq!(refused.count, 0, "{refused:?}");
    assert_eq!((done.files, done.returned > 10), (2, true), "{done:?}");
    for (name, left) in [("made", 0o755), ("made-g", 0o644), ("t", 0o755)] {
        assert_eq!((owner(&root.join(name)), mode(&root.join(name))), ((0, 0), left), "{name}");
        fs::remove_file(root.join(name)).expect("it goes");
    }
    let status = before[&root].clone();
    let mut after = listing(base.path());
    // Its time differs, because files were created in it and removed.
    after.insert(root, status);
    assert_eq!(after, before);
}

#[test]
fn acls_of_earlier_versions_are_removed() {
    let base = test_directory();
    let file = base.path().join("dir/key");
    make_file(&file, 0o600);
    let before = listing(base.path());
    for path in [file.clone(), base.path().join("dir")] {
        let node = Node::open(&path).expect("a node");
        let mut acl = Acl::from_mode(mode(&path));
        [BASE, AGENT].into_iter().for_each(|uid| acl.allow(uid));
        node.set_acl(ACCESS_ACL, &acl).expect("a list");
        if node.is_directory() {
            node.set_acl(DEFAULT_ACL, &acl).expect("a list");
        }
    }
    assert_eq!(mode(&file), 0o660, "what the list did to the mode");
    let inherited = base.path().join("dir/inherited");
    make_file(&inherited, 0o664);
    reclaim(base.path(), ReclaimMode::ToRoot(&ids()), &[]).expect("lists go");
    assert!(Node::open(&inherited).expect("a node").xattr(ACCESS_ACL).is_err());
    fs::remove_file(&inherited).expect("it goes");
    let mut after = listing(base.path());
    let directory = base.path().join("dir");
    after.insert(directory.clone(), before[&directory].clone());
    assert_eq!(after, before);
    assert_eq!(mode(&directory), 0o755);
}

#[test]
fn lent_secret_is_readable_by_the_agent_only() {
    let base = test_directory();
    make_file(&base.path().join("key"), 0o600);
    give_to_agent(base.path(), &ids(), ChangedSince::Unknown).expect("it can be lent");
    let read = |uid: u32| {
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={uid}"), "--regid=65534", "--clear-groups", "cat"]);
        fs::set_permissions(base.path(), Permissions::from_mode(0o755)).expect("a mode");
        command.arg(base.path().join("key")).output().expect("setpriv runs").status.success()
    };
    assert!(!read(1234) && !read(BASE));
    assert!(read(AGENT));
}

#[test]
fn wide_and_deep_trees_need_few_descriptors() {
    let base = test_directory();
    for number in 0..1500 {
        fs::create_dir(base.path().join(format!("module-{number}"))).expect("a directory");
    }
    // Deeper than the maximum length of a path.
    const DEPTH: usize = 150;
    let long = CString::new("d".repeat(200)).expect("a name");
    let mut directory = rustix::fs::open(base.path(), OFlags::PATH, Mode::empty()).expect("it");
    for _ in 0..DEPTH {
        rustix::fs::mkdirat(&directory, &long, Mode::RWXU).expect("a directory");
        rustix::fs::mkdirat(&directory, c"e", Mode::RWXU).expect("a directory");
        directory = openat(&directory, &long, OFlags::PATH, Mode::empty()).expect("it");
    }
    let count = |uid: u32| {
        let find = ["-uid", &uid.to_string(), "-printf", "x"];
        let found = Command::new("find").arg(base.path()).args(find).output().expect("find runs");
        found.stdout.len()
    };
    let all = count(0);
    assert_eq!(all, 1 + 1500 + 2 * DEPTH);
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let few = rustix::process::Rlimit { current: Some(400), ..limit };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, few).expect("a limit");
    let lent = give_to_agent(base.path(), &ids(), ChangedSince::Unknown).expect("it can be lent");
    rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).expect("a limit");
    assert_eq!((lent.files as usize, lent.errors.count, count(0)), (all, 0, 0), "{lent:?}");
    reclaim(base.path(), ReclaimMode::ToRoot(&ids()), &[]).expect("it comes back");
    assert_eq!(count(0), all);
    assert!(Command::new("rm").arg("-rf").arg(base.path()).status().expect("rm runs").success());
}

#[test]
fn swapped_symlinks_are_not_followed() {
    let base = test_directory();
    let (root, outside) = (base.path().join("work"), base.path().join("outside"));
    make_file(&outside.join("passwd"), 0o644);
    for number in 0..200 {
        make_file(&root.join(format!("{number}/passwd")), 0o644);
    }
    make_file(&root.join("real/passwd"), 0o644);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                for number in 0..200 {
                    let (place, aside) = (root.join(number.to_string()), root.join("aside"));
                    let _ = fs::rename(&place, &aside);
                    let _ = symlink(&outside, &place);
                    let _ = fs::remove_file(&place);
                    let _ = fs::rename(&aside, &place);
                }
            }
        });
        for _ in 0..40 {
            give_to_agent(&root, &ids(), ChangedSince::Unknown).expect("it can be lent");
            assert_eq!(owner(&outside.join("passwd")), (0, 0));
            assert_eq!(owner(&outside), (0, 0));
            reclaim(&root, ReclaimMode::ToRoot(&ids()), &[]).expect("it comes back");
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn mounts_in_the_tree_are_skipped() {
    let base = test_directory();
    let (root, other) = (base.path().join("work"), base.path().join("other"));
    make_file(&other.join("file"), 0o644);
    fs::create_dir_all(root.join("mounted")).expect("directories");
    // On the same file system, so that the device number does not differ.
    let run = |words: &[&str]| {
        let paths = [other.clone(), root.join("mounted")];
        let paths = if words[0] == "mount" { &paths[..] } else { &paths[1..] };
        Command::new(words[0]).args(&words[1..]).args(paths).status().expect("it runs").success()
    };
    assert!(run(&["mount", "--bind"]));
    let lent = give_to_agent(&root, &ids(), ChangedSince::Unknown);
    assert!(run(&["umount"]));
    assert_eq!(lent.expect("it can be lent").errors.count, 0);
    assert_eq!(owner(&other.join("file")), (0, 0));
    assert_eq!(owner(&root), (AGENT, AGENT));
}

#[test]
fn files_of_container_ids_are_given_to_the_owner() {
    let base = test_directory();
    let root = base.path().join("work");
    for name in ["mine", "theirs/leaf", "dropped", "suid", "capable", "ours"] {
        make_file(&root.join(name), 0o755);
    }
    let owns = |name: &str, uid| lchown(root.join(name), Some(uid), Some(uid)).expect("an owner");
    ["", "mine", "suid", "capable"].into_iter().for_each(|name| owns(name, 1234));
    owns("theirs", BASE);
    owns("theirs/leaf", BASE + 105);
    owns("dropped", BASE);
    fs::set_permissions(root.join("dropped"), Permissions::from_mode(0o6755)).expect("a mode");
    fs::set_permissions(root.join("suid"), Permissions::from_mode(0o4755)).expect("a mode");
    let capability = |root_id: u32| {
        let mut value = vec![0_u8; 24];
        value[..4].copy_from_slice(&0x0300_0001_u32.to_le_bytes());
        value[4..8].copy_from_slice(&0x2000_u32.to_le_bytes());
        value[20..].copy_from_slice(&root_id.to_le_bytes());
        value
    };
    let capable = Node::open(&root.join("capable")).expect("a node");
    capable.set_xattr(super::node::CAPABILITY, &capability(BASE)).expect("a capability");
    let ids = ids();
    let found = owner_of(&root.join("theirs"), &ids).expect("an owner");
    assert_eq!(found, FileOwner { uid: 1234, gid: 1234 }, "that of the directory above");
    let (done, _) = reclaim(&root, ReclaimMode::ToOwner(&ids, found), &[]).expect("they are");
    assert_eq!((done.files, done.cleared, done.failed), (3, 2, 0));
    for (name, left) in [("theirs/leaf", 0o755), ("dropped", 0o755), ("suid", 0o755)] {
        assert_eq!(
            (owner(&root.join(name)), mode(&root.join(name))),
            ((1234, 1234), left),
            "{name}"
        );
    }
    assert!(!capable.xattr_names().expect("attributes").has_capability());
    assert_eq!(owner(&root.join("ours")), (0, 0), "root's own file is none of the container's");
    let again = reclaim(&root, ReclaimMode::ToOwner(&ids, found), &[]).expect("they are").0;
    assert!(again.is_empty(), "{again:?}");
}

#[test]
fn trees_of_another_container_stay_lent() {
    let base = test_directory();
    let (outer, inner) = (base.path().join("outer"), base.path().join("outer/inner"));
    make_file(&outer.join("file"), 0o644);
    make_file(&inner.join("file"), 0o644);
    let loans = LoanStore::open(&base.path().join("loans")).expect("records");
    let loan = |path: &Path| Loan { workspace: path.to_owned(), trees: vec![path.to_owned()] };
    for workspace in [&outer, &inner] {
        loans.record(&loan(workspace)).expect("a record");
    }
    give_to_agent(&outer, &ids(), ChangedSince::Unknown).expect("it can be lent");
    return_loan(&ids(), &loans, &loan(&inner)).expect("nothing happens");
    assert_eq!(owner(&inner.join("file")), (AGENT, AGENT));
    loans.record(&loan(&inner)).expect("a record");
    return_loan(&ids(), &loans, &loan(&outer)).expect("it comes back");
    assert_eq!((owner(&outer.join("file")), owner(&inner.join("file"))), ((0, 0), (AGENT, AGENT)));
    return_loan(&ids(), &loans, &loan(&inner)).expect("it comes back");
    assert_eq!(owner(&inner.join("file")), (0, 0));
    assert_eq!(loans.list().expect("records"), []);
}

#[test]
fn only_changed_directories_are_searched_again() {
    let base = test_directory();
    make_file(&base.path().join("old/file"), 0o644);
    let now = base.path().metadata().expect("a directory").ctime();
    let count = |since| give_to_agent(base.path(), &ids(), since).expect("it can be lent").files;
    assert_eq!(count(ChangedSince::EpochSeconds(now + 100)), 2, "directories are");
    assert_eq!(count(ChangedSince::EpochSeconds(now - 100)), 1);
    make_file(&base.path().join("old/new"), 0o644);
    make_file(&base.path().join("old/new.d/file"), 0o644);
    assert_eq!(count(ChangedSince::EpochSeconds(now - 100)), 3);
    assert_eq!(count(ChangedSince::Unknown), 0);

    let loans = LoanStore::open(&base.path().join("loans")).expect("records");
    let loan = Loan { workspace: "/w".into(), trees: vec!["/w".into()] };
    loans.record(&loan).expect("a record");
    assert_eq!(
        loans.lent_at(Path::new("/w")),
        ChangedSince::EpochSeconds(0),
        "nothing is lent yet"
    );
    let now = std::time::SystemTime::now();
    loans.set_lent_at(Path::new("/w"), now).expect("it is noted");
    loans.record(&loan).expect("nothing is new");
    let ChangedSince::EpochSeconds(second) = loans.lent_at(Path::new("/w")) else {
        panic!("it is known")
    };
    let now = now.duration_since(std::time::SystemTime::UNIX_EPOCH).expect("a time").as_secs();
    assert_eq!(u64::try_from(second).expect("a time"), now - 2);
}

#[test]
fn records_persist_and_grow() {
    let base = test_directory();
    let directory = base.path().join("state/loans");
    let loan = |tree: &str| Loan { workspace: "/w".into(), trees: vec!["/w".into(), tree.into()] };
    let loans = LoanStore::open(&directory).expect("records");
    loans.record(&loan("/a")).expect("a record");
    loans.record(&loan("/b")).expect("a record");
    fs::write(directory.join("broken.json"), "{").expect("a file");
    let kept = ["/w", "/b", "/a"].map(PathBuf::from).to_vec();
    assert_eq!(loans.list().expect("records"), [Loan { workspace: "/w".into(), trees: kept }]);
    assert_eq!(mode(&directory), 0o700);
    loans.remove(Path::new("/w")).expect("it goes");
    loans.remove(Path::new("/w")).expect("it is gone");
    assert_eq!(loans.find(Path::new("/w")), None);
}
