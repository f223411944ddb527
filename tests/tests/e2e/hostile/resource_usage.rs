//! A container that hides its resource usage from the host.

use std::time::Duration;

use containai_tests::{Person, wait_until};
use serde_json::Value;

/// The first process moves to a group below its container's that has the container's own name; the
/// usage before the move is still included.
#[test]
fn moving_the_first_process_does_not_hide_usage() {
    let person = Person::new();
    let repository = person.repository("hidden");
    person.run(&repository, "true").success();
    let container = person.container(repository.path());
    let id = container["Id"].as_str().expect("an id");
    let hold = "head -c 100M /dev/zero > /dev/shm/held; sleep 1000";
    person.cai(["exec", "-d", "--", "sh", "-c", hold]).current_dir(&repository).run().success();
    let script = format!(
        "cd /sys/fs/cgroup; for group in . memory cpuacct pids freezer; do \
         [ -e $group/cgroup.procs ] || continue; \
         mkdir $group/{id} && echo 1 > $group/{id}/cgroup.procs && echo moved; done"
    );
    let attack = person.exec(&repository, &format!("sudo sh -c '{script}'"));
    assert!(attack.success().stdout().contains("moved"), "{attack}");
    wait_until(Duration::from_secs(60), "all of its memory is counted", || {
        let outcome = person.cai(["status", "--json"]).current_dir(&repository).run();
        let status: Value = serde_json::from_str(&outcome.success().stdout()).expect("JSON");
        status["memory_used"].as_u64().filter(|bytes| *bytes > 100 << 20)
    });
    let outcome = person.cai(["stats", "--json"]).run();
    let stats: Value = serde_json::from_str(&outcome.success().stdout()).expect("JSON");
    let name = person.container_name(repository.path());
    let found = stats.as_array().into_iter().flatten().find(|it| it["container"] == *name);
    let tasks = found.and_then(|it| it["tasks"].as_u64());
    assert!(tasks.is_some_and(|tasks| tasks > 5), "{stats}");
}
