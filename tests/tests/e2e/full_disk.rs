//! A full disk.

use std::fs;
use std::process::Command;

use containai_tests::{Engine, Person};

/// A store in memory with a small size.
struct SmallStore<'e>(&'e Engine);

impl<'e> SmallStore<'e> {
    fn mount(engine: &'e Engine) -> Self {
        let path = engine.layout().data_root();
        fs::create_dir_all(&path).expect("a directory can be made");
        let mount = ["-t", "tmpfs", "-o", "size=48m", "containai-tests"];
        let status = Command::new("mount").args(mount).arg(path).status().expect("mount");
        assert!(status.success());
        Self(engine)
    }
}

impl Drop for SmallStore<'_> {
    fn drop(&mut self) {
        let _ = Command::new(self.0.layout().supervisor()).arg("stop").arg(self.0.root()).output();
        let _ = Command::new("umount").arg("--lazy").arg(self.0.layout().data_root()).status();
    }
}

#[test]
fn full_disk_is_reported_and_the_next_run_works() {
    let engine = Engine::isolated("full");
    let _store = SmallStore::mount(&engine);
    engine.set_up();
    engine.api().import("tiny", "latest", &[0; 1024]);
    let person = Person::on(&engine);
    let repository = person.repository("full");
    let run = || {
        person.cai(["run", "--image", "tiny:latest", "--", "true"]).current_dir(&repository).run()
    };

    let filler = engine.layout().data_root().join("filler");
    let fill = Command::new("sh").args(["-c", "cat /dev/zero > \"$0\""]).arg(&filler).output();
    assert!(!fill.expect("sh").status.success(), "the disk is full");
    let outcome = run();
    let store = engine.layout().data_root();
    outcome
        .fails(111, "no space left")
        .stderr_contains(&format!("free space on file system `{}`", store.display()))
        .stderr_contains("cai gc --images");

    fs::remove_file(&filler).expect("the filler can be removed");
    // The image is empty, so there is still an error, but another one.
    run().code(111).stderr_lacks("no space left");
    assert!(person.containers(repository.path()).len() <= 1);
}

#[test]
fn full_home_directory_is_reported() {
    let person = Person::new();
    let repository = person.repository("homeless");
    let home = person.home();
    let mount = ["-t", "tmpfs", "-o", "size=16k,nr_inodes=8", "containai-tests"];
    let status = Command::new("mount").args(mount).arg(&home).status().expect("mount");
    assert!(status.success());
    let mut fill = Command::new("sh");
    fill.args(["-c", "cat /dev/zero > \"$0\""]).arg(home.join("filler"));
    assert!(!fill.output().expect("sh").status.success(), "the disk is full");
    let outcome = person.run(&repository, "true");
    let _ = Command::new("umount").arg("--lazy").arg(&home).status();
    outcome
        .prints("")
        .stderr_contains("error:")
        .stderr_contains("No space left")
        .stderr_contains(&format!("free space on file system `{}`", home.display()))
        .stderr_lacks("panicked");
    assert!(matches!(outcome.status(), 1 | 111 | 112), "{outcome}");
    person.run(&repository, "true").success();
}
