//! Commands of attaching and starting that are servers.

use std::time::Duration;

use containai_tests::Person;

use super::files::write_devcontainer;

#[test]
fn servers_do_not_hold_sessions_and_run_once() {
    let person = Person::new();
    let repository = person.repository("serving");
    write_devcontainer(
        &repository,
        r#"{"postStartCommand": "echo started >> ~/log; exec sleep 1000",
            "postAttachCommand": {"server": "echo serving; echo attached >> ~/log; exec sleep 1001", "other": "true"}}"#,
    );
    let run = |script: &str| {
        let words = ["run", "--image", "base", "--devcontainer", "--", "sh", "-c", script];
        person.cai(words).current_dir(&repository).timeout(Duration::from_secs(120)).run()
    };
    let first = run("cat ~/log; pgrep -c sleep");
    first
        .success()
        .prints("started\nattached\n2\n")
        .stderr_contains("serving")
        .stderr_contains("postStartCommand continues in the background")
        .stderr_contains("postAttachCommand continues in the background");
    // Neither is started again while it runs.
    run("cat ~/log; pgrep -c sleep; kill $(pgrep -f 'sleep 100[1]')")
        .success()
        .prints("started\nattached\n2\n")
        .stderr_lacks("serving");
    let after = run("cat ~/log; pgrep -c sleep");
    after.success().prints("started\nattached\nattached\n2\n").stderr_contains("serving");
}
