//! Archives of a hostile container.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use containai_core::archive::{FileTime, pax};
use proptest::prelude::*;
use tar::{EntryType, Header};
use tempfile::TempDir;

use super::*;
use crate::transfer::pack;
use crate::transfer::tar_header::{TarEntryKind, header_blocks, padding};

const PLENTY: ArchiveLimits = ArchiveLimits { bytes: 1 << 30, entries: 1000 };

/// A directory to unpack in, next to one that must not change.
struct TestDirs {
    dir: TempDir,
}

impl TestDirs {
    fn new() -> io::Result<Self> {
        let dir = TempDir::new()?;
        fs::create_dir(dir.path().join("in"))?;
        fs::create_dir(dir.path().join("out"))?;
        fs::write(dir.path().join("out/secret"), "mine")?;
        Ok(Self { dir })
    }

    fn inside(&self) -> PathBuf {
        self.dir.path().join("in")
    }

    /// Unpacks and returns the outcome; checks that nothing outside has
    /// changed.
    fn unpack(&self, archive: &[u8], limits: ArchiveLimits) -> String {
        let root = Directory::open(&self.inside(), &[]).expect("it was made above");
        let outcome = unpack(archive, &root, limits, &TransferProgress::default());
        let outside = tree(&self.dir.path().join("out"));
        assert_eq!(outside.len(), 1, "{outside:?}");
        assert_eq!(outside["secret"], "file 644 mine");
        assert_eq!(fs::read_dir(self.dir.path()).expect("it is there").count(), 2);
        match outcome {
            Ok(report) => report.failures().iter().map(|failure| format!("{failure}; ")).collect(),
            Err(error) => error.to_string(),
        }
    }
}

/// Returns the entries below a directory, by path.
fn tree(dir: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("it is a directory") {
        let path = entry.expect("it is there").path();
        let name = path.strip_prefix(dir).expect("it is below").display().to_string();
        let stat = fs::symlink_metadata(&path).expect("it is there");
        let mode = stat.mode() & 0o7777;
        let what = match stat.file_type() {
            kind if kind.is_symlink() => {
                format!("link {}", fs::read_link(&path).expect("a link").display())
            }
            kind if kind.is_dir() => {
                let below = tree(&path);
                found.extend(
                    below.into_iter().map(|(child, what)| (format!("{name}/{child}"), what)),
                );
                format!("dir {mode:o}")
            }
            _ => {
                let content = fs::read(&path).expect("a file");
                format!("file {mode:o} {}", String::from_utf8_lossy(&content)).trim_end().to_owned()
            }
        };
        found.insert(name, what);
    }
    found
}

fn attributes(mode: u32) -> FileAttributes {
    FileAttributes { mode, modified: FileTime { seconds: 1_000_000_000, nanoseconds: 5 } }
}

fn file(path: &str, content: &str) -> Vec<u8> {
    let size = content.len() as u64;
    let mut all = header_blocks(path.as_bytes(), TarEntryKind::File(size), attributes(0o640));
    all.extend(content.as_bytes());
    all.resize(all.len() + usize::try_from(padding(size)).expect("small"), 0);
    all
}

fn link(path: &str, to: &str) -> Vec<u8> {
    header_blocks(path.as_bytes(), TarEntryKind::Link(to.as_bytes()), attributes(0o777))
}

fn dir(path: &str, mode: u32) -> Vec<u8> {
    header_blocks(path.as_bytes(), TarEntryKind::Directory, attributes(mode))
}

fn raw(path: &str, entry_type: EntryType, change: impl Fn(&mut Header)) -> Vec<u8> {
    let mut header = Header::new_gnu();
    if let Some(gnu) = header.as_gnu_mut() {
        gnu.name[..path.len()].copy_from_slice(path.as_bytes());
    }
    header.set_entry_type(entry_type);
    header.set_size(0);
    header.set_mode(0o644);
    header.set_mtime(0);
    change(&mut header);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// Sets the link target of a header.
fn link_target(to: &str) -> impl Fn(&mut Header) {
    move |header| header.set_link_name_literal(to).expect("it fits")
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 1024]].concat()
}

#[test]
fn paths_outside_abort_unpacking() -> io::Result<()> {
    let long = format!("{}/../../out/x", "a/".repeat(100));
    for (members, expected) in [
        (vec![file("../out/x", "x")], "refusing the archive: `../out/x` contains `..`"),
        (vec![file("a/../../out/x", "x")], "`a/../../out/x` contains `..`"),
        (vec![file("/tmp/x", "x")], "`/tmp/x` is absolute"),
        (vec![file(&long, "x")], "contains `..`"),
        (vec![dir("..", 0o777)], "`..` contains `..`"),
        (vec![link("../out/l", "x")], "`../out/l` contains `..`"),
        (vec![pax("path=../out/x"), file("x", "x")], "`../out/x` contains `..`"),
        (
            vec![raw("x", EntryType::Link, link_target("../out/secret"))],
            "`../out/secret` contains `..`",
        ),
        (vec![pax("path=a\0b"), file("x", "x")], "contains a NUL byte"),
        (vec![file(&"n".repeat(256), "x")], "has a component that is too long"),
    ] {
        let said = TestDirs::new()?.unpack(&archive(&members), PLENTY);
        assert!(said.contains(expected), "{said}");
    }
    Ok(())
}

#[test]
fn links_are_created_and_never_followed() -> io::Result<()> {
    let place = TestDirs::new()?;
    let out = place.dir.path().join("out").display().to_string();
    let members = [
        link("way", &out),
        file("way/x", "x"),
        dir("way", 0o777),
        file("way/secret", "theirs"),
        link("file", &format!("{out}/secret")),
        file("file", "theirs"),
        link("one", "two"),
        link("two", "../out"),
        file("one/x", "x"),
        dir("d", 0o755),
        link("d/up", "../.."),
        file("d/up/out/x", "x"),
    ];
    let said = place.unpack(&archive(&members), PLENTY);
    let refused = "a file or a link is in the way, and links are not followed";
    for path in ["way/x", "way", "way/secret", "one/x", "d/up/out/x"] {
        assert!(said.contains(&format!("`{path}`: {refused}; ")), "{path} in {said}");
    }
    let made = tree(&place.inside());
    // The last entry of a name wins.
    assert_eq!(made["file"], "file 640 theirs");
    assert_eq!((&*made["way"], &*made["one"]), (&*format!("link {out}"), "link two"));
    Ok(())
}

#[test]
fn existing_links_are_replaced_and_not_followed() -> io::Result<()> {
    let place = TestDirs::new()?;
    symlink("../out", place.inside().join("planted"))?;
    symlink("../out/secret", place.inside().join("file"))?;
    fs::create_dir(place.inside().join("dir"))?;
    fs::set_permissions(place.inside().join("dir"), fs::Permissions::from_mode(0o700))?;
    let members = [
        dir("planted/", 0o777),
        file("planted/secret", "theirs"),
        file("file", "theirs"),
        dir("dir", 0o777),
        file("dir", "no"),
        file("dir/new", "new"),
    ];
    let said = place.unpack(&archive(&members), PLENTY);
    assert_eq!(said.matches("links are not followed").count(), 2, "{said}");
    assert!(said.contains("`dir`: Is a directory"), "{said}");
    let made = tree(&place.inside());
    assert_eq!(made["planted"], "link ../out");
    assert_eq!(made["file"], "file 640 theirs");
    assert_eq!((&*made["dir"], &*made["dir/new"]), ("dir 700", "file 640 new"));
    assert_eq!(made.len(), 4, "{made:?}");
    Ok(())
}

#[test]
fn special_files_are_skipped() -> io::Result<()> {
    let place = TestDirs::new()?;
    let members = [
        raw("hard", EntryType::Link, link_target("last")),
        raw("pipe", EntryType::Fifo, |_| ()),
        raw("disk", EntryType::Block, |_| ()),
        raw("null", EntryType::Char, |_| ()),
        raw("odd", EntryType::new(b'Z'), |_| ()),
        raw("setuid", EntryType::Regular, |header| header.set_mode(0o7777)),
        dir("sticky", 0o7755),
        file("last", "last"),
    ];
    let said = place.unpack(&archive(&members), PLENTY);
    insta::assert_snapshot!(said, @"`hard`: it is a hard link; `pipe`: it is a named pipe; `disk`: it is a device; `null`: it is a device; `odd`: it is of an unknown type; ");
    let made = tree(&place.inside());
    let shown: Vec<_> = made.iter().map(|(path, what)| format!("{path}: {what}")).collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    last: file 640 last
    setuid: file 777
    sticky: dir 755
    ");
    Ok(())
}

#[test]
fn archive_bombs_are_rejected_early() -> io::Result<()> {
    let huge = header_blocks(b"huge", TarEntryKind::File(1 << 50), attributes(0o644));
    let many: Vec<_> = (0..2000).map(|n| dir(&format!("d{n}"), 0o755)).collect();
    let endless = raw("x", EntryType::GNULongName, |header| header.set_size(1 << 40));
    let overflow = raw("x", EntryType::Regular, |header| header.set_size(u64::MAX));
    for (members, expected) in [
        (vec![huge], "`huge` announces 1125899906842624 bytes, but only 1073741824 are available"),
        (many, "the archive contains more than 1000 files"),
        (vec![endless], "oversized header"),
        (vec![overflow], "invalid size"),
        (vec![pax("size=18446744073709551615"), file("x", "x")], "invalid size"),
        (vec![pax("size=99999999999"), file("x", "x")], "announces 99999999999 bytes"),
        (vec![pax("GNU.sparse.major=1"), file("x", "x")], "sparse file"),
    ] {
        let place = TestDirs::new()?;
        let said = place.unpack(&archive(&members), PLENTY);
        assert!(said.contains(expected), "{said}");
        assert!(!place.inside().join("huge").exists());
    }
    Ok(())
}

#[test]
fn broken_archives_leave_no_incomplete_files() -> io::Result<()> {
    let whole = archive(&[file("first", "first"), file("second", &"x".repeat(2000))]);
    // Up to the padding of the last block.
    for length in (0..whole.len() - 1024 - 48).step_by(61) {
        let place = TestDirs::new()?;
        assert_eq!(place.unpack(&whole[..length], PLENTY), "the archive is truncated");
        assert!(!place.inside().join("second").exists());
    }
    for garbage in [b"<html>".repeat(1000), vec![0xff; 4096], b"\0".repeat(2 << 20)] {
        let said = TestDirs::new()?.unpack(&garbage, PLENTY);
        assert!(said.contains("the archive is malformed"), "{said}");
    }
    Ok(())
}

#[test]
fn trees_round_trip() -> Result<(), Box<dyn std::error::Error>> {
    let (from, to) = (TempDir::new()?, TempDir::new()?);
    let long = "long".repeat(50);
    fs::create_dir_all(from.path().join(&long).join(&long).join("closed"))?;
    for name in ["a\nb", " ", "-rf", "ümlaut", "\u{1}", &long] {
        fs::write(from.path().join(&long).join(&long).join(format!("{name}.")), name)?;
    }
    symlink(format!("../{long}\n"), from.path().join("link"))?;
    let closed = from.path().join(&long).join(&long).join("closed");
    fs::write(closed.join("x"), vec![0; 100_000])?;
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555))?;
    let mut archive = Vec::new();
    let root = Directory::open(from.path(), &[])?;
    assert!(pack(&root, &mut archive, &TransferProgress::default())?.is_complete());
    let root = Directory::open(to.path(), &[])?;
    assert!(unpack(&archive[..], &root, PLENTY, &TransferProgress::default())?.is_complete());
    assert_eq!(tree(from.path()), tree(to.path()));
    let time = |dir: &TempDir| fs::metadata(dir.path().join(&long)).and_then(|it| it.modified());
    assert_eq!(time(&from)?, time(&to)?);
    for dir in [from, to] {
        let closed = dir.path().join(&long).join(&long).join("closed");
        fs::set_permissions(closed, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// An extended header with one record.
fn pax(record: &str) -> Vec<u8> {
    let (key, value) = record.split_once('=').expect("a key and a value");
    let content = pax::record(key.as_bytes(), value.as_bytes());
    let mut all = raw("x", EntryType::XHeader, |header| header.set_size(content.len() as u64));
    all.extend(&content);
    all.resize(all.len().next_multiple_of(512), 0);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Paths and links of all kinds, in any order.
    #[test]
    fn nothing_is_written_outside(members in prop::collection::vec(
        (0_u8..4, "[ab./]{1,6}", "[ab./]{0,3}(\\.\\./out)?(/secret)?"), 1..12,
    )) {
        let place = TestDirs::new()?;
        let members: Vec<_> = members.iter().map(|(kind, path, to)| match kind {
            0 => file(path, "theirs"),
            1 => dir(path, 0o777),
            2 => link(path, to),
            _ => raw(path, EntryType::Link, |header| {
                let _ = header.set_link_name_literal(to);
            }),
        }).collect();
        place.unpack(&archive(&members), PLENTY);
    }

    /// A valid archive with some bytes changed.
    #[test]
    fn corrupted_archives_do_not_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = archive(&[dir("d", 0o755), pax("path=d/long"), file("x", "content"), link("l", "../out")]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        TestDirs::new()?.unpack(&bytes, PLENTY);
    }
}
