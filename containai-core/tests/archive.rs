//! Archives as people make them, and as strangers do.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use containai_core::archive::{
    ArchiveError, ArchiveManifest, FileTime, Member, MemberKind, MemberPath, MemberReader,
    MemberWriter, Owner, Segment, SparseMap, Totals, UnpackLimits, UnpackPolicy, export, restore,
    verify,
};
use containai_core::timestamp::Timestamp;
use proptest::prelude::*;

const LIMITS: UnpackLimits = UnpackLimits::new(1 << 20, 1000);
const FRAME: (&str, &str) = ("new", "complete");

/// Members with their contents.
type Tree = Vec<(Member, Vec<u8>)>;

fn member(path: &[u8], kind: MemberKind) -> Member {
    Member {
        path: MemberPath::parse(path).expect("it leads nowhere else"),
        kind,
        mode: 0o644,
        owner: Owner { uid: 1000, gid: 1000 },
        modified: FileTime { seconds: 1_000_000_000, nanoseconds: 5 },
        attributes: BTreeMap::new(),
    }
}

fn file(path: &str, content: &[u8]) -> (Member, Vec<u8>) {
    let kind = MemberKind::File { size: content.len() as u64, sparse_map: None };
    (member(path.as_bytes(), kind), content.to_vec())
}

fn directory(path: &str) -> (Member, Vec<u8>) {
    (member(path.as_bytes(), MemberKind::Directory), Vec::new())
}

fn symlink(path: &str, to: &str) -> (Member, Vec<u8>) {
    (member(path.as_bytes(), MemberKind::Symlink(to.into())), Vec::new())
}

fn hard_link(path: &str, to: &str) -> (Member, Vec<u8>) {
    let to = MemberPath::parse(to.as_bytes()).expect("it leads nowhere else");
    (member(path.as_bytes(), MemberKind::HardLink(to)), Vec::new())
}

/// The archive as it is, whatever a judge would say.
fn written(tree: &Tree) -> Vec<u8> {
    let mut writer = MemberWriter::new(Vec::new(), "");
    for (member, content) in tree {
        writer.start_member(member).expect("memory takes it");
        writer.write_all(content).expect("it fits");
    }
    writer.finish().expect("memory takes it")
}

/// What is in an archive.
fn read(archive: &[u8]) -> Result<Tree, ArchiveError> {
    let mut members = MemberReader::new(archive);
    let mut tree = Vec::new();
    while let Some(member) = members.next_member()? {
        let mut content = Vec::new();
        members.read_to_end(&mut content).map_err(ArchiveError::Read)?;
        tree.push((member, content));
    }
    Ok(tree)
}

fn manifest() -> ArchiveManifest {
    ArchiveManifest { volume: "v".into(), created: Timestamp::from_unix(5), version: "0".into() }
}

/// An export of the tree.
fn exported(tree: &Tree) -> Result<Vec<u8>, ArchiveError> {
    let raw = written(tree);
    Ok(export(&raw[..], Vec::new(), manifest(), &mut |_| ())?.0)
}

/// A tree with our manifest in front, as somebody would forge it.
fn forged(tree: &Tree) -> Vec<u8> {
    let mut all = read(&exported(&vec![directory("")]).expect("it is honest")).expect("it is ours");
    all.truncate(1);
    all.extend(tree.iter().cloned());
    written(&all)
}

/// What a restore says to an archive: nothing comes out of one that is refused.
fn judged(archive: &[u8]) -> String {
    let first = verify(archive, LIMITS, &mut |_| ());
    let mut output = Vec::new();
    let second = restore(archive, &mut output, LIMITS, FRAME, &mut |_| ());
    match (first, second) {
        (Ok(_), Ok(_)) => {
            let last = read(&output).expect("it was written by us").pop();
            assert_eq!(last.expect("it has an end").0.path.as_bytes(), b"complete");
            "taken".into()
        }
        (Err(first), Err(second)) => {
            assert_eq!(first.to_string(), second.to_string());
            assert!(!output.windows(8).any(|bytes| bytes == b"complete"));
            first.to_string()
        }
        (first, second) => panic!("{first:?} and {second:?}"),
    }
}

#[test]
fn nothing_that_leads_outside_is_taken() {
    let top = || directory("");
    let check = |tree: Tree, expected: &str| {
        let tree = [vec![top()], tree].concat();
        assert_eq!(judged(&forged(&tree)), expected);
    };
    check(vec![directory("a"), file("a/b", b"x"), symlink("a/c", "/etc/shadow")], "taken");
    check(vec![file("f", b"x"), hard_link("g", "f"), hard_link("h", "g")], "taken");
    let refused = |path: &str, reason: &str| format!("refusing the archive: `{path}` {reason}");
    let no_parent = "has no preceding parent directory";
    check(vec![symlink("a", "/etc"), file("a/passwd", b"x")], &refused("a/passwd", no_parent));
    check(vec![symlink("a", "b"), symlink("b", "/"), file("a/x", b"")], &refused("a/x", no_parent));
    check(vec![file("a", b""), file("a/b", b"x")], &refused("a/b", no_parent));
    check(vec![file("a/b", b"x")], &refused("a/b", no_parent));
    check(vec![directory("a"), symlink("a", "/etc")], &refused("a", "appears twice"));
    check(vec![file("a", b"1"), file("a", b"2")], &refused("a", "appears twice"));
    check(vec![top()], &refused("", "appears twice"));
    let no_file = "is a hard link to a file that does not precede it";
    check(vec![hard_link("a", "etc/shadow")], &refused("a", no_file));
    check(vec![symlink("s", "/etc/shadow"), hard_link("a", "s")], &refused("a", no_file));
    check(vec![hard_link("a", "a")], &refused("a", no_file));
    check(vec![directory("d"), hard_link("a", "d")], &refused("a", no_file));
    let ours = "has a name reserved by ContainAI";
    check(vec![directory(".containai-restore")], &refused(".containai-restore", ours));
    check(vec![file(".containai-export.toml", b"")], &refused(".containai-export.toml", ours));
    check(vec![symlink("a", "")], &refused("a", "is a symbolic link with an invalid target"));
}

#[test]
fn nothing_that_could_do_more_than_its_owner_is_taken() {
    let check = |change: &dyn Fn(&mut Member), expected: &str| {
        let (mut member, content) = file("a", b"x");
        change(&mut member);
        assert_eq!(judged(&forged(&vec![directory(""), (member, content)])), expected);
    };
    let refused = |reason: &str| format!("refusing the archive: `a` {reason}");
    check(&|it| it.mode = 0o4755, &refused("has set-user-id or set-group-id bits"));
    check(&|it| it.mode = 0o2755, &refused("has set-user-id or set-group-id bits"));
    check(&|it| it.mode = 0o1644, "taken");
    check(&|it| it.owner.uid = 262_144, &refused("has an owner outside the container's id range"));
    check(&|it| it.owner.gid = 1 << 40, &refused("has an owner outside the container's id range"));
    check(&|it| it.owner.uid = 262_143, "taken");
    check(&|it| drop(it.attributes.insert(b"SCHILY.xattr.user.x".into(), vec![0, 1])), "taken");
    let list = b"SCHILY.acl.access";
    check(
        &|it| drop(it.attributes.insert(list.into(), b"user::rw-,user:1000:r--".into())),
        "taken",
    );
    let none = refused("has an invalid access control list");
    check(&|it| drop(it.attributes.insert(list.into(), vec![0xff])), &none);
    // What the system would believe is not even read.
    check(
        &|it| drop(it.attributes.insert(b"SCHILY.xattr.security.capability".into(), vec![1])),
        "taken",
    );
}

#[test]
fn devices_and_unknown_kinds_are_not_taken() {
    for (kind, expected) in [
        (b'3', "is a device"),
        (b'4', "is a device"),
        (b'6', "is a named pipe"),
        (b'S', "uses an obsolete sparse format"),
        (b'V', "is of an unknown type"),
    ] {
        let mut archive = forged(&vec![directory(""), file("a", b"")]);
        // The last header stands before two empty blocks.
        let at = archive.len() - 3 * 512;
        archive[at + 156] = kind;
        reseal(&mut archive[at..at + 512]);
        assert_eq!(judged(&archive), format!("refusing the archive: `a` {expected}"));
    }
}

#[test]
fn paths_upwards_and_from_the_root_are_not_taken() {
    for (path, expected) in [(&b"/a\0"[..], "is absolute"), (b"../", "contains `..`")] {
        let mut archive = forged(&vec![directory(""), file("abc", b"")]);
        let at = archive.len() - 3 * 512;
        archive[at..at + path.len()].copy_from_slice(path);
        reseal(&mut archive[at..at + 512]);
        assert!(judged(&archive).ends_with(expected), "{}", judged(&archive));
    }
}

fn reseal(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

#[test]
fn bombs_are_not_taken() {
    let many: Tree = (0..1000).map(|number| file(&number.to_string(), b"")).collect();
    let many = [vec![directory("")], many].concat();
    assert_eq!(judged(&forged(&many)), "the archive contains more than 1000 files");
    let big =
        vec![directory(""), file("a", &[0; 1 << 19]), file("b", &[0; 1 << 19]), file("c", b"x")];
    assert_eq!(
        judged(&forged(&big)),
        "the archive needs more than the 1048576 bytes of free space"
    );
    let names: Tree = (0..300).map(|number| file(&number.to_string(), b"")).collect();
    let names = forged(&[vec![directory("")], names].concat());
    let mut limits = LIMITS;
    limits.overhead_per_entry = 4096;
    let told = verify(&names[..], limits, &mut |_| ()).map_err(|error| error.to_string());
    assert_eq!(told, Err("the archive needs more than the 1048576 bytes of free space".into()));
    let parts = SparseMap::new(vec![Segment { offset: 1 << 45, length: 1 }], 1 << 46);
    let kind = MemberKind::File { size: 1 << 46, sparse_map: Some(parts.expect("it is in order")) };
    let endless = vec![directory(""), (member(b"a", kind), b"x".to_vec())];
    assert_eq!(
        judged(&forged(&endless)),
        "refusing the archive: `a` exceeds the maximum file size"
    );
}

#[test]
fn only_ours_is_taken_and_only_whole() {
    assert_eq!(
        judged(&written(&vec![directory(""), file("a", b"x")])),
        "the archive is not a volume export"
    );
    assert_eq!(
        judged(&forged(&vec![file("a", b"x")])),
        "the archive is malformed: missing volume root"
    );
    let whole = forged(&vec![directory(""), file("a", &[b'x'; 700])]);
    for cut in [0, 100, 512, 1024, 1500, whole.len() - 1600, whole.len() - 1024] {
        let told = judged(&whole[..cut]);
        assert_eq!(told, "the archive is truncated", "cut at {cut} of {}", whole.len());
    }
    let more = [&whole[..], b"x"].concat();
    assert_eq!(judged(&more), "the archive is malformed: data after the end of the archive");
}

#[test]
fn what_cannot_be_restored_is_not_exported() -> Result<(), ArchiveError> {
    let (mut program, content) = file("a/run", b"x");
    program.mode = 0o6755;
    let pipe = (member(b"a/pipe", MemberKind::Unsupported("is a named pipe")), Vec::new());
    let tree =
        vec![directory(""), directory("a"), (program, content), pipe, hard_link("z", "a/pipe")];
    let mut raw = written(&tree);
    // The writer makes an empty file of what is special.
    let at = 4 * 512 + 512 + 512;
    let pipe_at = raw.windows(6).position(|it| it == b"a/pipe").expect("it is there");
    assert!(pipe_at >= at);
    raw[pipe_at + 156] = b'6';
    reseal(&mut raw[pipe_at..pipe_at + 512]);
    let (archive, transcript) = export(&raw[..], Vec::new(), manifest(), &mut |_| ())?;
    let told: Vec<_> = transcript
        .dropped
        .iter()
        .map(|it| format!("{} {}", it.path.display(), it.reason))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    a/run was exported without its set-user-id and set-group-id bits
    a/pipe is a named pipe and was skipped
    z is a hard link to a skipped file
    ");
    assert_eq!(judged(&archive), "taken");
    assert_eq!(transcript.totals, Totals { bytes: 1, entries: 3 });
    Ok(())
}

/// A tree that a judge has nothing against: names below directories.
fn trees() -> impl Strategy<Value = Tree> {
    let name = prop_oneof![
        8 => "[a-z]{1,3}".prop_map(String::into_bytes),
        1 => prop::collection::vec(1_u8..=255, 1..200),
    ];
    let node = (
        name,
        any::<(prop::sample::Index, u8, i64, u32)>(),
        prop::collection::vec(any::<u8>(), 0..1500),
    );
    prop::collection::vec(node, 0..40).prop_map(|nodes| {
        let mut tree = vec![directory("")];
        let mut judge = UnpackPolicy::new(LIMITS);
        judge.check(&tree[0].0).expect("a top");
        for (name, (index, kind, seconds, number), content) in nodes {
            let name: Vec<u8> = name.into_iter().filter(|byte| *byte != b'/').collect();
            let directories: Vec<_> =
                tree.iter().filter(|(it, _)| it.kind == MemberKind::Directory).collect();
            let parent = directories[index.index(directories.len())].0.path.clone();
            let path = match parent.is_root() {
                true => name,
                false => [parent.as_bytes(), b"/", &name].concat(),
            };
            let Ok(path) = MemberPath::parse(&path) else { continue };
            let other = tree[index.index(tree.len())].0.path.clone();
            let (kind, content) = kind_of(kind, content, other);
            let mut extras = BTreeMap::new();
            if number % 3 == 0 && !matches!(kind, MemberKind::Symlink(_)) {
                extras.insert(b"SCHILY.xattr.user.n".to_vec(), number.to_le_bytes().to_vec());
            }
            let member = Member {
                path,
                kind,
                mode: number & 0o1777,
                owner: Owner { uid: u64::from(number % 65_536), gid: 0 },
                modified: FileTime { seconds: seconds >> 20, nanoseconds: number % 1_000_000_000 },
                attributes: extras,
            };
            // What is refused, such as a name that comes twice, is no part of it.
            let mut trial = UnpackPolicy::new(LIMITS);
            let is_admitted =
                tree.iter().map(|(it, _)| it).chain([&member]).all(|it| trial.check(it).is_ok());
            if is_admitted {
                tree.push((member, content));
            }
        }
        tree
    })
}

fn kind_of(kind: u8, content: Vec<u8>, other: MemberPath) -> (MemberKind, Vec<u8>) {
    let length = content.len() as u64;
    match kind % 8 {
        0 | 1 => (MemberKind::Directory, Vec::new()),
        2 => (MemberKind::Symlink([b"../".as_slice(), other.as_bytes()].concat()), Vec::new()),
        3 => (MemberKind::HardLink(other), Vec::new()),
        4 => {
            let half = Segment { offset: 5000, length: length / 2 };
            let rest = Segment { offset: 1 << 40, length: length - length / 2 };
            let parts = SparseMap::new(vec![half, rest], (1 << 40) + length + 7);
            let kind = MemberKind::File {
                size: (1 << 40) + length + 7,
                sparse_map: Some(parts.expect("they are in order")),
            };
            (kind, content)
        }
        _ => (MemberKind::File { size: length, sparse_map: None }, content),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn exports_are_restored_as_they_were(tree in trees()) {
        let archive = exported(&tree).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let mut output = Vec::new();
        let (_, transcript) = restore(&archive[..], &mut output, LIMITS, FRAME, &mut |_| ())
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(transcript.manifest, manifest());
        let mut found = read(&output).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let last = found.pop().map(|(member, _)| member.path);
        prop_assert_eq!(last.as_ref().map(MemberPath::as_bytes), Some(&b"complete"[..]));
        let below = |path: &MemberPath| {
            let path = [b"new/", path.as_bytes()].concat();
            MemberPath::parse(&path).expect("it is a path")
        };
        let expected: Tree = tree.into_iter().map(|(mut member, content)| {
            member.path = below(&member.path);
            if let MemberKind::HardLink(to) = &member.kind {
                member.kind = MemberKind::HardLink(below(to));
            }
            (member, content)
        }).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn broken_archives_are_survived(tree in trees(), at: prop::sample::Index, bytes: [u8; 3]) {
        let mut archive = exported(&tree).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let at = at.index(archive.len() - bytes.len());
        archive[at..at + bytes.len()].copy_from_slice(&bytes);
        judged(&archive);
    }
}
