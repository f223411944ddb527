//! One container exhausts a kernel resource; root of the host and other containers still get
//! theirs.

use std::fs;
use std::process::Command;
use std::time::Duration;

use containai_tests::{Outcome, Person, Repository, output_of, wait_until};
use serde_json::json;

/// Takes up to a number of resources and prints how many it got.
const TAKE: &str = include_str!("take.pl");
const TIMEOUT: Duration = Duration::from_secs(120);

/// A greedy container and another one.
struct GreedyPair {
    person: Person<'static>,
    greedy: Repository,
    other: Repository,
}

impl GreedyPair {
    fn new() -> Self {
        let person = Person::new();
        let (greedy, other) = (person.repository("hungry"), person.repository("other"));
        for repository in [&greedy, &other] {
            person.run(repository, "true").success();
            let put = ["exec", "--", "sh", "-c", "cat > /tmp/take.pl"];
            person.cai(put).current_dir(repository).stdin(TAKE).run().success();
        }
        Self { person, greedy, other }
    }

    /// Has root of the greedy container take and hold resources; returns how many it got.
    fn exhaust(&self, what: &str, most: u32) -> u32 {
        // Read from outside: a container without free processes cannot answer.
        let taken = "/home/agent/workspace/taken";
        let script = format!(
            "sudo sh -c 'ulimit -n $(ulimit -Hn); ulimit -i $(ulimit -Hi); \
             setsid perl /tmp/take.pl {what} {most} 600 > {taken} 2>&1 < /dev/null &'"
        );
        self.person.exec(&self.greedy, &script).success();
        let file = self.greedy.join("taken");
        let taken = || {
            let text = fs::read_to_string(&file).unwrap_or_default();
            text.ends_with('\n').then(|| text.trim().parse().unwrap_or_else(|_| panic!("{text}")))
        };
        wait_until(TIMEOUT, "the hungry container has taken all", taken)
    }

    /// Returns how many the other container gets, as its agent and as its root.
    fn others_share(&self, what: &str, most: u32) -> [u32; 2] {
        ["", "sudo "].map(|who| {
            let script = format!("ulimit -n 1024; {who}perl /tmp/take.pl {what} {most} 0");
            number(&self.person.exec(&self.other, &script))
        })
    }
}

fn number(outcome: &Outcome) -> u32 {
    outcome.success().line().parse().unwrap_or_else(|_| panic!("{outcome}"))
}

/// Returns how many root of the host gets.
fn hosts_share(what: &str, most: u32) -> u32 {
    let most = most.to_string();
    let mut command = Command::new("perl");
    let text = output_of(command.args(["-e", TAKE, what, &most, "0"]));
    text.trim().parse().unwrap_or_else(|_| panic!("{text}"))
}

#[test]
fn keys_are_limited_per_container() {
    let pair = GreedyPair::new();
    let taken = pair.exhaust("keys", 100_000);
    assert!((100..100_000).contains(&taken), "the kernel has a limit: {taken}");
    assert_eq!(pair.others_share("keys", 20), [20, 20]);
    assert_eq!(hosts_share("keys", 20), 20);
}

#[test]
fn inotify_instances_are_limited_per_container() {
    let pair = GreedyPair::new();
    let taken = pair.exhaust("inotify", 200_000);
    assert!((20..200_000).contains(&taken), "the kernel has a limit: {taken}");
    assert_eq!(pair.others_share("inotify", 60), [60, 60]);
    assert_eq!(hosts_share("inotify", 60), 60);
}

#[test]
fn pending_signals_are_limited_per_container() {
    let pair = GreedyPair::new();
    let taken = pair.exhaust("signals", 10_000_000);
    assert!((1000..10_000_000).contains(&taken), "the kernel has a limit: {taken}");
    assert_eq!(pair.others_share("signals", 5000), [5000, 5000]);
    assert_eq!(hosts_share("signals", 5000), 5000);
}

#[test]
fn descriptors_in_flight_are_limited_per_container() {
    let pair = GreedyPair::new();
    // A hundred each: above the other's limit of 1,024, and no more than needed.
    assert_eq!(pair.exhaust("descriptors", 100), 100);
    assert_eq!(pair.others_share("descriptors", 3), [3, 3]);
    assert_eq!(hosts_share("descriptors", 3), 3);
}

#[test]
fn processes_are_limited_per_container() {
    let pair = GreedyPair::new();
    let container = pair.person.container(pair.greedy.path());
    let id = container["Id"].as_str().expect("an id");
    let limit = "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null || :";
    let limit = number(&pair.person.exec(&pair.greedy, limit));
    let kernel = |name: &str| -> u32 {
        let text = fs::read_to_string(format!("/proc/sys/kernel/{name}")).expect("a limit");
        text.trim().parse().expect("a number")
    };
    let all = kernel("pid_max").min(kernel("threads-max"));
    assert!(limit <= all / 2, "{limit} of {all} are one container's");

    // A smaller limit has the same effect with less load.
    pair.person.api().post(&format!("/containers/{id}/update"), &json!({ "PidsLimit": 400 }));
    let taken = pair.exhaust("processes", 100_000);
    assert!((50..400).contains(&taken), "{taken}");
    assert_eq!(pair.others_share("processes", 50), [50, 50]);
    assert_eq!(hosts_share("processes", 50), 50);
    pair.person.api().post(&format!("/containers/{id}/update"), &json!({ "PidsLimit": 32_768 }));
}

#[test]
fn memory_is_limited_per_container() {
    let person = Person::new();
    let (greedy, other) = (person.repository("hungry"), person.repository("other"));
    let run = ["run", "--memory", "512m", "--image", "base", "--", "true"];
    person.cai(run).current_dir(&greedy).run().success();
    person.run(&other, "true").success();
    let take = "perl -e 'my @all; push @all, \"x\" x 2**24 for 1 .. 256; print \"had 4 GiB\"'";
    let outcome = person.exec(&greedy, take);
    assert_ne!(outcome.status(), 0, "{outcome}");
    person.exec(&other, "perl -e 'my $one = \"x\" x 2**26; print length $one'").prints("67108864");
    person.exec(&greedy, "echo still there").success().prints("still there\n");
}

#[test]
fn control_groups_are_limited_per_container() {
    let pair = GreedyPair::new();
    let make = "group=/sys/fs/cgroup/unified; [ -d $group ] || group=/sys/fs/cgroup
        cat $group/cgroup.max.descendants
        sudo perl -e 'my $n = 0; $n++ while $n < 5000 and mkdir \"$ARGV[0]/taken-$n\"; print \"$n\\n\";
            rmdir \"$ARGV[0]/taken-$_\" for 0 .. $n - 1' $group";
    let outcome = pair.person.exec(&pair.greedy, make);
    let text = outcome.success().stdout();
    let numbers: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
    assert!(matches!(numbers[..], [4096, made] if made <= 4096), "{outcome}");
    let raise = "group=/sys/fs/cgroup/unified; [ -d $group ] || group=/sys/fs/cgroup
        sudo sh -c \"echo max > $group/cgroup.max.descendants\"";
    assert_ne!(pair.person.exec(&pair.greedy, raise).status(), 0, "the limit is the host's");
}

#[test]
fn containers_cannot_read_keys_of_another() {
    let pair = GreedyPair::new();
    for who in ["", "sudo "] {
        let call = |script: &str| format!("{who}perl -e '{script}'");
        let put = call(
            "my ($t, $n, $v) = (\"user\", \"mine\", \"secret-value\"); syscall(248, $t, $n, $v, 12, -4);
             print syscall(250, 0, -4, 1)",
        );
        let keyring = pair.person.exec(&pair.greedy, &put).success().stdout();
        assert!(keyring.parse::<u32>().is_ok_and(|number| number > 0), "{keyring}");
        // Links the keyring to the process's own, searches the key there and reads it.
        let read = call(&format!(
            "my ($t, $n, $b) = (\"user\", \"mine\", \" \" x 12); syscall(250, 8, {keyring}, -2);
             my $k = syscall(250, 10, -2, $t, $n, 0); syscall(250, 11, $k, $b, 12); print $b"
        ));
        pair.person.exec(&pair.greedy, &read).success().prints("secret-value");
        let stolen = pair.person.exec(&pair.other, &read);
        assert!(!stolen.stdout().contains("secret"), "as `{who}`: {stolen}");
    }
}
