//! A volume that two workspaces have.

use std::time::Duration;

use containai_tests::{Person, Volume, until};

#[test]
fn whoever_shares_the_volume_is_not_woken_before_all_is_copied() {
    let person = Person::new();
    let (first, second) = (person.repository("sharer-one"), person.repository("sharer-two"));
    let much = "head -c 400000000 /dev/urandom > /mnt/agent-data/much";
    person.run(&first, much).success();
    let volume = Volume::of(&person, first.path());
    let sharing = ["run", "--image", "base", "--data-volume", volume.name(), "--", "true"];
    person.cai(sharing).inside(&second).run().success();

    let is_paused = |path| person.container(path)["State"]["Paused"] == true;
    let running = person.cai(["snapshot", "create", "shared"]).inside(&first).start();
    until(Duration::from_secs(60), "both are frozen", || {
        (is_paused(first.path()) && is_paused(second.path())).then_some(())
    });
    person.exec(&second, "true").success();
    assert!(!is_paused(first.path()), "it was woken while the other one was still copied");
    running.outcome().success();
    person.cai(["snapshot", "remove", "shared", "--force"]).run().success();
}
