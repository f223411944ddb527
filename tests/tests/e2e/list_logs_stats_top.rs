//! `cai list`, `logs`, `stats`, `resources` and `top`.

use std::time::Duration;

use containai_tests::{Person, wait_until};
use nix::sys::signal::Signal;
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn list_stats_and_status_agree() {
    let person = Person::new();
    let repository = person.repository("listed");
    person.run(&repository, "true").success();
    let name = person.container_name(repository.path());
    let find = |text: &str| {
        let all = json(text);
        let found = all.as_array().expect("an array").iter().find(|it| it["container"] == *name);
        found.cloned().unwrap_or_else(|| panic!("no {name} in {all}"))
    };
    let entry = find(&person.cai(["list", "--json", "--size"]).run().success().stdout());
    assert_eq!(entry["status"], "running");
    assert_eq!(entry["workspace"], repository.path().display().to_string());
    assert!(entry["ssh_port"].is_u64() && entry["size"].is_u64(), "{entry}");
    let entry = find(&person.cai(["list", "--json"]).run().success().stdout());
    assert!(entry["size"].is_null(), "{entry}");
    let names = person.cai(["list", "-q"]).run().success().stdout();
    assert!(names.lines().any(|line| line == name), "{names}");
    let table = person.cai(["ls"]).run().success().stdout();
    assert!(table.starts_with("NAME") && table.contains(&name), "{table}");
    let figures = find(&person.cai(["stats", "--json"]).run().success().stdout());
    assert!(figures["memory_used"].as_u64().is_some_and(|bytes| bytes > 1 << 20), "{figures}");
    assert!(figures["cpu_percent"].is_f64(), "{figures}");
    let status = person.cai(["status", &name, "--json"]).run().success().stdout();
    assert_eq!(json(&status)["memory_limit"], figures["memory_limit"]);
    assert!(json(&status)["uptime_seconds"].as_u64().is_some_and(|seconds| seconds < 600));
}

#[test]
fn logs_work_with_and_without_a_running_container() {
    let person = Person::new();
    let repository = person.repository("logged");
    person.run(&repository, "logger -t tale 'once \u{1b}[31m upon'").success();
    let logs = |args: &[&str]| person.cai(["logs"]).args(args).current_dir(&repository).run();
    wait_until(Duration::from_secs(60), "the line is in the journal", || {
        logs(&["-n", "50"]).success().stdout().contains("tale").then_some(())
    });
    let ssh = logs(&["--unit", "ssh"]).success().stdout();
    assert!(ssh.contains("sshd") && !ssh.contains("tale"), "{ssh}");
    assert!(!logs(&[]).stdout().contains('\u{1b}'));
    let count = |text: &str| text.lines().count();
    assert_eq!(count(&logs(&["-n", "1"]).success().stdout()), 1);

    let following = person.cai(["logs", "-f", "-n", "0"]).current_dir(&repository).start();
    wait_until(Duration::from_secs(60), "a new line comes", || {
        person.exec(&repository, "logger -t tale later").success();
        following.stdout().contains("later").then_some(())
    });
    let follower = "pgrep -xc journalctl || true";
    assert_eq!(person.exec(&repository, follower).success().stdout(), "1\n");
    // No process is left inside, however the command ends.
    following.signal(Signal::SIGKILL);
    wait_until(Duration::from_secs(60), "the follower inside ends", || {
        (person.exec(&repository, follower).stdout() == "0\n").then_some(())
    });

    person.cai(["stop"]).current_dir(&repository).run().success();
    logs(&[]).success().stderr_contains("this is its console");
    logs(&["-f"]).fails(1, "is exited");
    logs(&["--unit", "ssh"]).fails(1, "is exited");
}

#[test]
fn limits_change_while_the_container_runs() {
    let person = Person::new();
    let repository = person.repository("limited");
    person.run(&repository, "true").success();
    let resources =
        |args: &[&str]| person.cai(["resources"]).args(args).current_dir(&repository).run();
    let shown = json(&resources(&["--memory", "1g", "--cpus", "0.5", "--json"]).success().stdout());
    assert_eq!(
        (&shown["memory_limit"], &shown["cpu_nanos"]),
        (&(1u64 << 30).into(), &500_000_000.into())
    );
    let host = &person.container(repository.path())["HostConfig"];
    assert_eq!(
        (&host["Memory"], &host["MemorySwap"]),
        (&(1u64 << 30).into(), &(1u64 << 30).into())
    );
    // Raised again, above the former sum of memory and swap.
    resources(&["--memory", "3g"]).success();
    let host = &person.container(repository.path())["HostConfig"];
    assert_eq!((&host["Memory"], &host["NanoCpus"]), (&(3u64 << 30).into(), &500_000_000.into()));
    resources(&["--memory", "6m"]).fails(1, "uses");
    resources(&["--memory", "much"]).code(2);
    let memory = person.container(repository.path())["HostConfig"]["Memory"].as_u64();
    assert_eq!(memory, Some(3 << 30));
}

#[test]
fn top_shows_and_stops_containers_and_restores_the_terminal() {
    let person = Person::new();
    let repository = person.repository("watched");
    person.run(&repository, "true").success();
    let name = person.container_name(repository.path());
    let top = || person.cai(["top"]).on_terminal(100, 30);
    person.cai(["top"]).run().fails(2, "needs a terminal");

    let leaves = "\u{1b}[?1049l";
    let mut screen = top();
    screen.wait_for(&name);
    screen.wait_for("MEMORY");
    screen.type_text("?");
    // Unchanged blanks are not redrawn.
    screen.wait_for("journal;");
    screen.type_text(" q");
    screen.wait_for(leaves);
    assert_eq!(screen.code(), 0);

    let killed = top();
    killed.wait_for(&name);
    killed.signal(Signal::SIGTERM);
    killed.wait_for(leaves);
    assert_eq!(killed.code(), 0);
}
