use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use containai_core::import::Replaceable;

use super::*;

struct TestDirs(tempfile::TempDir);

impl TestDirs {
    fn new() -> Self {
        let place = tempfile::tempdir().expect("a directory");
        for directory in ["home", "data", "outside"] {
            fs::create_dir(place.path().join(directory)).expect("made");
        }
        Self(place)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, content: &str, age: u64) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(&path, content).expect("written");
        let file = fs::File::options().write(true).open(&path).expect("open");
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).expect("dated");
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap_or_else(|error| format!("{:?}", error.kind()))
    }

    fn with_repair<T>(&self, work: impl Fn(&HomeLinkRepair<'_>) -> T) -> T {
        let open = |path: &str| Directory::open(&self.at(path), &[]).expect("a directory");
        let (home, volume) = (open("home"), open("data"));
        let mounted = self.at("data").display().to_string();
        work(&HomeLinkRepair::new(&home, &volume, &mounted))
    }

    fn repair(&self, path: &str, target: &str) -> LinkOutcome {
        let link =
            HomeLink { path: path.into(), target: target.into(), replaces: Replaceable::Links };
        let seen = self.with_repair(|settling| settling.check(&link));
        let done = self.with_repair(|settling| settling.repair(&link));
        if !matches!(done, LinkOutcome::Blocked(_)) {
            assert_eq!(seen, done, "a check returns the outcome of the repair");
            let expected = self.at("data").join(target);
            assert_eq!(fs::read_link(self.at("home").join(path)).expect("a link"), expected);
            assert_eq!(self.with_repair(|settling| settling.repair(&link)), LinkOutcome::Unchanged);
        }
        done
    }
}

#[test]
fn a_file_moves_to_the_volume_with_its_mode_and_time() {
    let place = TestDirs::new();
    place.write("home/.x/deep/auth.json", "secret", 500);
    let from = place.at("home/.x/deep/auth.json");
    fs::set_permissions(&from, fs::Permissions::from_mode(0o600)).expect("changed");
    let before = fs::metadata(&from).expect("there");
    assert_eq!(place.repair(".x/deep/auth.json", "x/auth.json"), LinkOutcome::Moved);
    let after = fs::symlink_metadata(place.at("data/x/auth.json")).expect("there");
    assert_eq!(after.permissions().mode() & 0o777, 0o600);
    assert_eq!(after.modified().expect("a time"), before.modified().expect("a time"));
    assert_eq!(place.read("home/.x/deep/auth.json"), "secret");
    assert_eq!(place.repair(".none", "none"), LinkOutcome::Linked);
}

#[test]
fn the_newer_file_wins_and_the_older_is_kept() {
    let place = TestDirs::new();
    let check = |ours: (&str, u64), theirs: (&str, u64), content: &str, replaced: &str| {
        let _ = fs::remove_dir_all(place.at("data/.containai"));
        let _ = fs::remove_file(place.at("home/.f"));
        place.write("home/.f", ours.0, ours.1);
        place.write("data/f", theirs.0, theirs.1);
        assert_eq!(place.repair(".f", "f"), LinkOutcome::Moved);
        assert_eq!(place.read("data/f"), content, "{ours:?} {theirs:?}");
        assert_eq!(place.read("data/.containai/replaced/f"), replaced, "{ours:?} {theirs:?}");
    };
    check(("new", 1), ("old", 9), "new", "old");
    check(("old", 9), ("new", 1), "new", "old");
    check(("same", 1), ("same", 9), "same", "NotFound");
    // A placeholder is worth less than any content.
    check(("old", 9), ("{}\n", 1), "old", "NotFound");
    check(("{}", 1), ("old", 9), "old", "NotFound");
}

#[test]
fn directories_are_merged() {
    let place = TestDirs::new();
    place.write("home/.d/a", "a", 1);
    place.write("home/.d/sub/both", "new", 1);
    place.write("data/d/sub/both", "old", 9);
    place.write("data/d/c", "c", 1);
    symlink("../a", place.at("home/.d/sub/link")).expect("a link");
    assert_eq!(place.repair(".d", "d"), LinkOutcome::Moved);
    let all = ["a", "sub/both", "sub/link", "c"].map(|path| place.read(&format!("data/d/{path}")));
    assert_eq!(all, ["a", "new", "a", "c"]);
    assert_eq!(place.read("data/.containai/replaced/d/sub/both"), "old");
}

#[test]
fn unmovable_entries_stay() {
    let place = TestDirs::new();
    place.write("home/.d/a", "a", 1);
    rustix::fs::mkfifoat(rustix::fs::CWD, place.at("home/.d/pipe"), 0o600.into()).expect("a pipe");
    let LinkOutcome::Blocked(why) = place.repair(".d", "d") else {
        panic!("expected a blocked link")
    };
    assert!(why.contains("d/pipe"), "{why}");
    assert!(place.at("home/.d/pipe").exists());
    assert_eq!(place.read("data/d/a"), "a");
    for (home, data) in [("home/.e/x", "data/e"), ("home/.g", "data/g/x")] {
        place.write(home, "x", 1);
        place.write(data, "y", 1);
    }
    assert!(matches!(place.repair(".e", "e"), LinkOutcome::Blocked(_)));
    assert!(matches!(place.repair(".g", "g"), LinkOutcome::Blocked(_)));
    assert_eq!((place.read("home/.e/x"), place.read("home/.g")), ("x".into(), "x".into()));
}

#[test]
fn links_are_not_followed() {
    let place = TestDirs::new();
    let outside = place.at("outside");
    place.write("outside/mine", "mine", 9);
    let check = |settled: LinkOutcome| {
        assert!(matches!(settled, LinkOutcome::Blocked(_)), "{settled:?}");
        assert_eq!(names(&outside), ["mine"]);
        assert_eq!(place.read("outside/mine"), "mine");
    };
    // A link among the parents in the home directory, among those on the
    // volume, and at the end of the path.
    symlink(&outside, place.at("home/.way")).expect("a link");
    check(place.repair(".way/mine", "mine"));
    check(place.repair(".way/new", "new"));
    symlink(&outside, place.at("data/way")).expect("a link");
    place.write("home/.a", "a", 1);
    check(place.repair(".a", "way/a"));
    check(place.repair(".a", "way/mine"));
    symlink(outside.join("mine"), place.at("data/end")).expect("a link");
    check(place.repair(".a", "end"));
    place.write("home/.d/way/mine", "a", 1);
    place.write("data/d/x", "x", 1);
    symlink(&outside, place.at("data/d/way")).expect("a link");
    check(place.repair(".d", "d"));
    // The volume's `.containai` directory is no exception.
    symlink(&outside, place.at("data/.containai")).expect("a link");
    place.write("data/a", "other", 9);
    check(place.repair(".a", "a"));
    assert_eq!((place.read("home/.a"), place.read("data/a")), ("a".into(), "other".into()));
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// A directory whose entries were links to the volume is now linked as a whole.
#[test]
fn a_directory_with_volume_links_moves_to_the_volume() {
    let place = TestDirs::new();
    place.write("home/.x/sessions/a", "said", 1);
    place.write("data/x/config", "{\"a\":1}", 1);
    let data = place.at("data");
    for name in ["config", "gone"] {
        symlink(data.join("x").join(name), place.at("home/.x").join(name)).expect("a link");
    }
    symlink("/etc/hostname", place.at("home/.x/theirs")).expect("a link");
    let socket = std::os::unix::net::UnixListener::bind(place.at("home/.x/socket"));
    drop(socket.expect("a socket"));
    assert_eq!(place.repair(".x", "x"), LinkOutcome::Moved);
    assert_eq!(place.read("data/x/sessions/a"), "said");
    assert_eq!(place.read("data/x/config"), "{\"a\":1}");
    assert!(place.at("data/x/theirs").is_symlink() && !place.at("data/x/gone").is_symlink());
}

#[test]
fn a_volume_file_is_renamed_once() {
    let place = TestDirs::new();
    let rename =
        || place.with_repair(|settling| settling.rename("x/old", "x/new").expect("renamed"));
    rename();
    place.write("data/x/old", "1", 1);
    rename();
    assert_eq!(
        (place.read("data/x/new"), place.read("data/x/old")),
        ("1".into(), "NotFound".into())
    );
    place.write("data/x/old", "2", 1);
    rename();
    assert_eq!((place.read("data/x/new"), place.read("data/x/old")), ("1".into(), "2".into()));
}
