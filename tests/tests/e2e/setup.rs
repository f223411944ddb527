//! `cai setup`.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use containai_tests::{Engine, Person};

#[test]
fn dry_run_shows_files_and_commands_and_changes_nothing() {
    let engine = Engine::isolated("dry");
    let person = Person::on(&engine);
    let outcome = person.cai(["setup", "--dry-run"]).run();
    let shown = outcome.success().stdout();
    let layout = engine.layout();
    for path in [layout.daemon_json(), layout.record(), layout.runtime()] {
        assert!(shown.contains(&path.display().to_string()), "{} in {outcome}", path.display());
    }
    let network = ["    # the start first runs:", "    $ ip link add ", "CONTAINAI-FORWARD"];
    let files = ["\"userns-remap\"", "\"iptables\": false", "    $ ", "id_containai", "Include"];
    for words in files.into_iter().chain(network) {
        assert!(shown.contains(words), "`{words}` in {outcome}");
    }
    let left: Vec<_> = fs::read_dir(engine.root()).expect("the root is there").collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(!person.home().join(".ssh").exists());
}

/// Users who are not root read the record and the configuration, and run the program.
#[test]
fn strict_umask_hides_nothing_from_users() {
    let engine = Engine::isolated("umask");
    let person = Person::on(&engine);
    let strict = ["sh", "-c", "umask 077; exec \"$@\"", "sh"];
    person.cai(["setup", "--yes"]).prefixed_with(strict).run().success();
    let layout = engine.layout();
    let files = [layout.record(), layout.daemon_json(), layout.runtime()];
    let below_root = |path: &&Path| path.starts_with(engine.root()) && *path != engine.root();
    for path in files.iter().flat_map(|path| path.ancestors()).filter(below_root) {
        let mode = fs::metadata(path).expect("it was made").permissions().mode();
        let wanted = if path.is_dir() { 0o555 } else { 0o444 };
        assert_eq!(mode & wanted, wanted, "{}: {mode:o}", path.display());
    }
    let log = fs::metadata(layout.log()).expect("the engine's log").permissions().mode();
    assert_eq!(log & 0o777, 0o640, "{log:o}");
}

#[test]
fn second_setup_does_nothing() {
    let engine = Engine::isolated("twice");
    let person = Person::on(&engine);
    person.cai(["setup", "--yes"]).run().success().prints("");
    let layout = engine.layout();
    let look = || {
        let files = [layout.daemon_json(), layout.record(), layout.runtime(), layout.pid_file()];
        let home = [".config/containai/id_containai", ".ssh/config"].map(|p| person.home().join(p));
        let modified = |path: &std::path::PathBuf| {
            let status = fs::metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (path.clone(), status.ino(), status.mtime(), status.mtime_nsec())
        };
        files.iter().chain(&home).map(modified).collect::<Vec<_>>()
    };
    let before = look();
    let outcome = person.cai(["setup", "--yes"]).run();
    outcome.success().prints("").stderr_contains("is set up");
    assert_eq!(look(), before);
    assert!(person.cai(["setup", "--dry-run"]).run().success().stdout().trim().is_empty());
}

#[test]
fn engine_has_a_docker_context() {
    let engine = Engine::isolated("context");
    let person = Person::on(&engine);
    person.cai(["setup", "--yes"]).run().success();
    let contexts = person.home().join(".docker/contexts/meta");
    let mut files =
        fs::read_dir(contexts).expect("contexts").map(|entry| entry.expect("one").path());
    let meta = fs::read_to_string(files.next().expect("a context").join("meta.json"));
    let meta = meta.expect("a file");
    assert!(meta.contains("containai-docker") && meta.contains(&engine.address()), "{meta}");
}

#[test]
fn run_lists_the_setup_steps_and_asks_on_a_terminal() {
    let engine = Engine::isolated("asked");
    let person = Person::on(&engine);
    let repository = person.repository("asking");
    let run = person.cai(["run", "--image", "base", "--", "true"]).current_dir(&repository);
    let mut terminal = run.on_terminal(100, 30);
    terminal.wait_for("daemon.json");
    terminal.wait_for("start the engine");
    terminal.wait_for("Set this machine up?");
    terminal.type_text("n");
    terminal.wait_for("set-up was not confirmed");
    assert_eq!(terminal.code(), 1);
    let left: Vec<_> = fs::read_dir(engine.root()).expect("the root is there").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn killed_engine_is_restarted() {
    let engine = Engine::isolated("killed");
    engine.set_up();
    let pid = || fs::read_to_string(engine.layout().pid_file()).unwrap_or_default();
    let before = pid();
    let process = nix::unistd::Pid::from_raw(before.trim().parse().expect("a process id"));
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL).expect("it exists");
    containai_tests::wait_until(std::time::Duration::from_secs(60), "another engine", || {
        (engine.api().answers() && pid() != before).then_some(())
    });
}
