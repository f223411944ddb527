//! A volume shared by two workspaces.

use std::time::Duration;

use containai_tests::{Person, Volume, wait_until};

#[test]
fn containers_that_share_a_volume_stay_paused_until_it_is_copied() {
    let person = Person::new();
    let (first, second) = (person.repository("sharer-one"), person.repository("sharer-two"));
    let much = "head -c 400000000 /dev/urandom > /mnt/agent-data/much";
    person.run(&first, much).success();
    let volume = Volume::of(&person, first.path());
    let sharing = ["run", "--image", "base", "--data-volume", volume.name(), "--", "true"];
    person.cai(sharing).current_dir(&second).run().success();

    let is_paused = |path| person.container(path)["State"]["Paused"] == true;
    let running = person.cai(["snapshot", "create", "shared"]).current_dir(&first).start();
    wait_until(Duration::from_secs(60), "both are frozen", || {
        (is_paused(first.path()) && is_paused(second.path())).then_some(())
    });
    person.exec(&second, "true").success();
    assert!(!is_paused(first.path()), "it was unpaused while the other one was still copied");
    running.outcome().success();
    person.cai(["snapshot", "remove", "shared", "--force"]).run().success();
}
