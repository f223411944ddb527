//! A workspace that claims to be another one that was moved.

use std::fs;
use std::path::Path;

use containai_tests::Person;

/// The workspace's files, git's included, are a copy of the other's; only the host says
/// which directory is which.
#[test]
fn a_copy_takes_nothing_over_and_a_living_workspace_loses_nothing() {
    let person = Person::new();
    let victim = person.repository("victim");
    let run = |path: &Path, script: &str| {
        person.cai(["run", "--image", "base", "--", "sh", "-c", script]).inside(path).run()
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
    outcome.success().prints("nothing\n").keeps_quiet_about("workspace move");
    person.cai(["stop", "--remove"]).inside(&forged).run().success();
    let (from, to) = (victim.path().display().to_string(), forged.display().to_string());
    person.cai(["workspace", "move", &from, &to]).run().fails(2, "still exists");
    // Another directory at the place of the old one is not the old one either.
    let aside = person.beside("aside");
    fs::rename(victim.path(), &aside).expect("it can be moved");
    run(&forged, read).success().prints("nothing\n").keeps_quiet_about("this directory was");
    fs::rename(&aside, victim.path()).expect("it can be moved");
    run(victim.path(), read).success().prints("secret\n");
}
