//! Ctrl-C, and worse, at any moment.

use std::thread::sleep;
use std::time::Duration;

use containai_tests::{Person, until};
use nix::sys::signal::Signal;

/// Moments between the start of `cai` and its first output.
const MOMENTS: [u64; 7] = [20, 80, 160, 300, 500, 800, 1300];

fn interrupted_runs_are_repaired(signal: Signal, code: i32, name: &str) {
    let person = Person::new();
    for moment in MOMENTS {
        let repository = person.repository(&format!("{name}-{moment}"));
        let run = ["run", "--image", "base", "--", "echo", "reached"];
        let running = person.cai(run).inside(&repository).start();
        sleep(Duration::from_millis(moment));
        running.signal(signal);
        let outcome = running.outcome();
        let is_expected = outcome.status() == code || outcome.status() == 0;
        assert!(is_expected, "after {moment} ms: {outcome}");
        outcome.keeps_quiet_about("panicked");

        person.run(&repository, "echo reached").success().prints("reached\n");
        assert_eq!(person.containers(repository.path()).len(), 1, "after {moment} ms");
        person.cai(["stop", "--remove"]).inside(&repository).run().success();
    }
}

#[test]
fn after_ctrl_c_the_next_run_goes_on() {
    interrupted_runs_are_repaired(Signal::SIGINT, 130, "interrupt");
}

#[test]
fn after_a_kill_the_next_run_goes_on() {
    interrupted_runs_are_repaired(Signal::SIGKILL, 128 + 9, "kill");
}

#[test]
fn ctrl_c_ends_the_command_inside_too() {
    let person = Person::new();
    let repository = person.repository("ctrl-c");
    person.run(&repository, "true").success();
    let script = "echo started; exec sleep 4321";
    let running = person.cai(["exec", "--", "sh", "-c", script]).inside(&repository).start();
    until(Duration::from_secs(60), "the command starts", || {
        running.printed().contains("started").then_some(())
    });
    running.signal(Signal::SIGINT);
    let outcome = running.outcome();
    assert_eq!(outcome.status(), 130, "{outcome}");
    until(Duration::from_secs(60), "the command ends", || {
        (person.exec(&repository, "pgrep -fx 'sleep 4321'").status() == 1).then_some(())
    });
}
