//! Leases of several containers whose processes exit.

use super::*;

struct LeaseFixture {
    dir: tempfile::TempDir,
    runc: PathBuf,
}

impl LeaseFixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let runc = dir.path().join("runc");
        Self { runc, dir }
    }

    fn ids(&self) -> PathBuf {
        self.dir.path().join("ids")
    }

    fn acquire(&self, id: &str) -> Option<u32> {
        let lease = IdLease::acquire_in(&self.ids(), IdPool::with_slots(3), id, &self.runc)
            .expect("no I/O error");
        lease.map(|lease| lease.record.slot)
    }

    /// Simulates the exit of the process that acquired the lease.
    fn end_holder(&self, id: &str) {
        let path = self.ids().join(id);
        let mut entry = LeaseRecord::read(&path).expect("a lease");
        entry.holder.start_time += 1;
        fs::write(&path, serde_json::to_string(&entry).expect("text")).expect("written");
    }

    fn start_container(&self, id: &str) {
        fs::create_dir_all(self.runc.join(id)).expect("made");
        self.end_holder(id);
    }
}

#[test]
fn lease_lasts_while_runc_has_state() {
    let world = LeaseFixture::new();
    for (id, slot) in [("a", 0), ("b", 1), ("c", 2)] {
        assert_eq!(world.acquire(id), Some(slot));
        world.start_container(id);
    }
    assert_eq!(world.acquire("d"), None, "all ranges are taken");
    fs::remove_dir(world.runc.join("b")).expect("forgotten");
    assert_eq!(world.acquire("d"), Some(1));
    assert!(!world.ids().join("b").exists());
}

#[test]
fn crash_releases_leases() {
    let world = LeaseFixture::new();
    assert_eq!(world.acquire("a"), Some(0));
    assert_eq!(world.acquire("b"), Some(1), "the process that acquired it is still running");
    world.end_holder("a");
    world.end_holder("b");
    fs::write(world.ids().join("half"), "{").expect("written");
    assert_eq!(world.acquire("c"), Some(2), "the most recently used range is chosen last");
    assert_eq!(world.acquire("d"), Some(0));
    let names: Vec<_> =
        read_records(&world.ids()).expect("entries").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn running_container_keeps_lease() {
    let world = LeaseFixture::new();
    assert_eq!(world.acquire("a"), Some(0));
    world.start_container("a");
    assert_eq!(world.acquire("a"), None, "runc refuses a second container with the id");
    fs::remove_dir(world.runc.join("a")).expect("forgotten");
    assert_eq!(world.acquire("a"), Some(1), "started again");
}

/// Leases of an earlier version are narrower, and not aligned to the ranges of this one.
#[test]
fn wider_ranges_avoid_older_leases() {
    let world = LeaseFixture::new();
    assert_eq!(world.acquire("old"), Some(0));
    world.start_container("old");
    let path = world.ids().join("old");
    let mut text: serde_json::Value =
        serde_json::from_slice(&fs::read(&path).expect("a lease")).expect("JSON");
    let record = text.as_object_mut().expect("an object");
    record.remove("count");
    // The sixth range of 65,536 ids is in the second range of 262,144 ids.
    record.insert("slot".to_owned(), 5.into());
    record.insert("base".to_owned(), (2_000_224_256_u32 + 5 * 65_536).into());
    fs::write(&path, text.to_string()).expect("written");
    assert_eq!(world.acquire("a"), Some(2));
    assert_eq!(world.acquire("b"), Some(0));
    assert_eq!(world.acquire("c"), None);
}

#[test]
fn rejects_container_ids_that_are_not_file_names() {
    let world = LeaseFixture::new();
    for id in ["", "..", ".lock", "a/b", "a\0"] {
        assert_eq!(world.acquire(id), None, "{id:?}");
        assert_eq!(stream_owner(id), None, "{id:?}");
    }
}
