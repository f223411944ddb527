//! A workspace that pretends to be another one that was moved.

use std::fs;
use std::path::Path;

use containai_tests::Person;

/// The workspace's files, including git's, are a copy of the other's; only the host knows which
/// directory is which.
#[test]
fn copied_workspace_takes_over_nothing() {
    let person = Person::new();
    let victim = person.repository("victim");
    let run = |path: &Path, script: &str| {
        person.cai(["run", "--image", "base", "--", "sh", "-c", script]).current_dir(path).run()
    };
    run(victim.path(), "echo secret > /mnt/agent-data/marker").success();
    let forged = person.beside("forged");
    let copy = std::process::Command::new("cp")
        .arg("-a")
        .arg(victim.path())
        .arg(&forged)
        .status()
        .expect("cp can be started");
    assert!(copy.success());
    let read = "cat /mnt/agent-data/marker || echo nothing";
    let outcome = run(&forged, read);
    outcome.success().prints("nothing\n").stderr_lacks("workspace move");
    person.cai(["stop", "--remove"]).current_dir(&forged).run().success();
    let (from, to) = (victim.path().display().to_string(), forged.display().to_string());
    person.cai(["workspace", "move", &from, &to]).run().fails(2, "still exists");
    // Another directory at the old path is not the old workspace either.
    let aside = person.beside("aside");
    fs::rename(victim.path(), &aside).expect("it can be moved");
    run(&forged, read).success().prints("nothing\n").stderr_lacks("this directory was");
    fs::rename(&aside, victim.path()).expect("it can be moved");
    run(victim.path(), read).success().prints("secret\n");
}
