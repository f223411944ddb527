//! `cai start`, `cai restart` and `cai rename`.

use containai_tests::{Person, output_of};

#[test]
fn container_is_started_and_restarted() {
    let person = Person::new();
    person.cai(["setup", "--yes"]).run().success();
    let repository = person.repository("started");
    person.cai(["start"]).current_dir(&repository).run().fails(1, "no container");
    let boot = "cat /proc/1/stat | cut -d ' ' -f 22";
    let first = person.run(&repository, boot).line();
    person
        .cai(["start"])
        .current_dir(&repository)
        .run()
        .success()
        .stderr_contains("is running already");
    person.cai(["stop"]).current_dir(&repository).run().success();
    let start = person.cai(["start", "started-main"]).run();
    start.success().stderr_contains("started container started-main");
    let second = person.exec(&repository, boot).line();
    assert_ne!(first, second);
    person.exec(&repository, "echo kept > ~/kept").success();
    person.cai(["restart"]).current_dir(&repository).run().success();
    assert_ne!(person.exec(&repository, boot).line(), second);
    person.exec(&repository, "cat ~/kept").success().prints("kept\n");
}

#[test]
fn renamed_container_keeps_its_state_and_is_reached_by_the_new_name() {
    let person = Person::new();
    person.cai(["setup", "--yes"]).run().success();
    let repository = person.repository("renamed");
    person.run(&repository, "echo kept > ~/kept").success();
    let other = person.repository("other");
    person.run(&other, "true").success();
    let rename = |words: &[&str]| person.cai(["rename"]).args(words).current_dir(&repository).run();
    rename(&["other-main"]).fails(1, "another container has the name `other-main`");
    rename(&["Not A Name"]).fails(2, "Not A Name");
    rename(&["mine"]).success().stderr_contains("renamed container renamed-main to mine");
    person.exec(&repository, "cat ~/kept").success().prints("kept\n");
    let shown = output_of(person.openssh("ssh").args(["containai-mine", "cat kept"]));
    assert_eq!(shown, "kept\n");
    let old = person.home().join(".ssh/containai.d/containai-renamed-main.conf");
    assert!(!old.exists(), "{}", old.display());
    rename(&["mine", "again"]).success();
    rename(&["again"]).success();
    let fresh = person.cai(["run", "--image", "base", "--fresh", "--", "true"]);
    fresh.current_dir(&repository).run().success();
    assert_eq!(person.container(repository.path())["Name"], "/again");
}
