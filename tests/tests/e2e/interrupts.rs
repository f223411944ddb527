//! SIGINT and SIGKILL at various moments.

use std::time::Duration;

use containai_tests::{Person, wait_until};
use nix::sys::signal::Signal;

/// Delays between the start of `cai` and its first output, in milliseconds.
const DELAYS: [u64; 7] = [20, 80, 160, 300, 500, 800, 1300];

fn check_next_run_after(signal: Signal, code: i32, name: &str) {
    let person = Person::new();
    for delay in DELAYS {
        let repository = person.repository(&format!("{name}-{delay}"));
        let run = ["run", "--image", "base", "--", "echo", "reached"];
        let running = person.cai(run).current_dir(&repository).start();
        running.signal_after(Duration::from_millis(delay), signal);
        let outcome = running.outcome();
        let is_expected = outcome.status() == code || outcome.status() == 0;
        assert!(is_expected, "after {delay} ms: {outcome}");
        outcome.stderr_lacks("panicked");

        person.run(&repository, "echo reached").success().prints("reached\n");
        assert_eq!(person.containers(repository.path()).len(), 1, "after {delay} ms");
        person.cai(["stop", "--remove"]).current_dir(&repository).run().success();
    }
}

#[test]
fn next_run_works_after_ctrl_c() {
    check_next_run_after(Signal::SIGINT, 130, "interrupt");
}

#[test]
fn next_run_works_after_a_kill() {
    check_next_run_after(Signal::SIGKILL, 128 + 9, "kill");
}

#[test]
fn ctrl_c_ends_the_command_inside() {
    let person = Person::new();
    let repository = person.repository("ctrl-c");
    person.run(&repository, "true").success();
    let script = "echo started; exec sleep 4321";
    let running = person.cai(["exec", "--", "sh", "-c", script]).current_dir(&repository).start();
    wait_until(Duration::from_secs(60), "the command starts", || {
        running.stdout().contains("started").then_some(())
    });
    running.signal(Signal::SIGINT);
    let outcome = running.outcome();
    assert_eq!(outcome.status(), 130, "{outcome}");
    wait_until(Duration::from_secs(60), "the command ends", || {
        (person.exec(&repository, "pgrep -fx 'sleep 4321'").status() == 1).then_some(())
    });
}
