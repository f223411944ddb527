//! Leases of several containers whose processes exit.

use super::*;

struct World {
    folder: tempfile::TempDir,
    runc: PathBuf,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let runc = folder.path().join("runc");
        Self { runc, folder }
    }

    fn ids(&self) -> PathBuf {
        self.folder.path().join("ids")
    }

    fn take(&self, id: &str) -> Option<u32> {
        let lease = Lease::take_in(&self.ids(), Pool::of(3), id, &self.runc).expect("no I/O error");
        lease.map(|lease| lease.entry.slot)
    }

    /// Simulates the exit of the process that acquired the lease.
    fn end(&self, id: &str) {
        let path = self.ids().join(id);
        let mut entry = Entry::read(&path).expect("a lease");
        entry.process.started += 1;
        fs::write(&path, serde_json::to_string(&entry).expect("text")).expect("written");
    }

    fn running(&self, id: &str) {
        fs::create_dir_all(self.runc.join(id)).expect("made");
        self.end(id);
    }
}

#[test]
fn each_container_has_a_range_until_runc_forgets_it() {
    let world = World::new();
    for (id, slot) in [("a", 0), ("b", 1), ("c", 2)] {
        assert_eq!(world.take(id), Some(slot));
        world.running(id);
    }
    assert_eq!(world.take("d"), None, "all ranges are taken");
    fs::remove_dir(world.runc.join("b")).expect("forgotten");
    assert_eq!(world.take("d"), Some(1));
    assert!(!world.ids().join("b").exists());
}

#[test]
fn a_crash_leaves_nothing_leased() {
    let world = World::new();
    assert_eq!(world.take("a"), Some(0));
    assert_eq!(world.take("b"), Some(1), "the process that acquired it is still running");
    world.end("a");
    world.end("b");
    fs::write(world.ids().join("half"), "{").expect("written");
    assert_eq!(world.take("c"), Some(2), "the most recently used range is chosen last");
    assert_eq!(world.take("d"), Some(0));
    let names: Vec<_> =
        entries(&world.ids()).expect("entries").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_running_container_keeps_its_range() {
    let world = World::new();
    assert_eq!(world.take("a"), Some(0));
    world.running("a");
    assert_eq!(world.take("a"), None, "runc refuses a second container with the id");
    fs::remove_dir(world.runc.join("a")).expect("forgotten");
    assert_eq!(world.take("a"), Some(1), "started again");
}

#[test]
fn ids_that_are_no_file_names_have_none() {
    let world = World::new();
    for id in ["", "..", ".lock", "a/b", "a\0"] {
        assert_eq!(world.take(id), None, "{id:?}");
        assert_eq!(owner_of(id), None, "{id:?}");
    }
}
