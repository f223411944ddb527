//! Commands killed at any moment: the next run finds the workspace's files, the data volume and the
//! port.

use std::fs;
use std::time::Duration;

use containai_tests::{Engine, Outcome, Person, Repository, retry_if_disconnected};
use nix::sys::signal::Signal;
use serde_json::Value;

/// Delays between the start of a command and its end, in milliseconds.
const DELAYS: [u64; 6] = [30, 90, 200, 400, 800, 1500];

/// A workspace with a file, whose container left a mark on its volume.
struct MarkedWorkspace<'e> {
    person: Person<'e>,
    repository: Repository,
    /// The data volume and the port from the container's labels.
    owned: [String; 2],
}

impl<'e> MarkedWorkspace<'e> {
    #[track_caller]
    fn of(person: Person<'e>, name: &str) -> Self {
        let repository = person.repository(name);
        fs::write(repository.path().join("note"), "mine\n").expect("a file can be written");
        person.run(&repository, "echo kept > /mnt/agent-data/marker").success();
        let owned = owned(&person.container(repository.path()));
        Self { person, repository, owned }
    }

    #[track_caller]
    fn run(&self, args: &[&str]) -> Outcome {
        let outcome = self.person.cai(args).current_dir(&self.repository).run();
        outcome.success();
        outcome
    }

    fn run_and_kill(&self, args: &[&str], delay: u64) {
        let running = self.person.cai(args).current_dir(&self.repository).start();
        running.signal_after(Duration::from_millis(delay), Signal::SIGKILL);
        running.outcome().stderr_lacks("panicked");
    }

    /// Checks that one more run finds everything unchanged.
    #[track_caller]
    fn check_unchanged(&self, after: &str) {
        let script = "cat /mnt/agent-data/marker note";
        let outcome = self.person.run_after_kill(&self.repository, script);
        assert_eq!(outcome.stdout(), "kept\nmine\n", "after {after}: {outcome}");
        outcome.success();
        let path = self.repository.path();
        assert_eq!(self.person.containers(path).len(), 1, "after {after}");
        assert_eq!(owned(&self.person.container(path)), self.owned, "after {after}");
        assert_eq!(fs::read_to_string(path.join("note")).ok().as_deref(), Some("mine\n"));
    }
}

fn owned(container: &Value) -> [String; 2] {
    ["containai.data-volume", "containai.ssh-port"]
        .map(|label| container["Config"]["Labels"][label].as_str().expect("the label").to_owned())
}

#[test]
fn stop_and_remove_survive_a_kill() {
    let scene = MarkedWorkspace::of(Person::new(), "killed-stop");
    for delay in DELAYS {
        scene.run_and_kill(&["stop", "--remove"], delay);
        scene.check_unchanged(&format!("`cai stop --remove` for {delay} ms"));
    }
}

/// The engine completes a start that was requested before the kill.
#[test]
fn stopped_container_does_not_start_afterwards() {
    let scene = MarkedWorkspace::of(Person::new(), "killed-start");
    for delay in DELAYS.into_iter().chain([150, 250, 300]) {
        for verb in [&["stop"][..], &["stop", "--remove"]] {
            scene.run(&["stop"]);
            scene.run_and_kill(&["run", "--image", "base", "--", "true"], delay);
            scene.run(verb);
            // The engine inspects a container after it has started it.
            let path = scene.repository.path();
            let after = format!("`cai {verb:?}` after `cai run` for {delay} ms");
            if verb.len() == 1 {
                let state = &scene.person.container(path)["State"];
                assert_eq!(state["Running"], false, "{after}");
            }
            scene.check_unchanged(&after);
        }
    }
}

/// systemd completes a shutdown that was requested before the kill.
#[test]
fn shutdown_in_progress_is_waited_for() {
    let scene = MarkedWorkspace::of(Person::new(), "killed-shutdown");
    let repository = &scene.repository;
    for delay in [60, 100, 150, 200, 300] {
        scene.run_and_kill(&["stop"], delay);
        let entered = retry_if_disconnected(|| scene.person.exec(repository, "echo entered"));
        assert_eq!(entered.success().stdout(), "entered\n", "after {delay} ms");
        scene.check_unchanged(&format!("`cai stop` for {delay} ms"));
        scene.run_and_kill(&["stop"], delay);
        retry_if_disconnected(|| scene.person.cai(["import"]).current_dir(repository).run())
            .success();
        scene.check_unchanged(&format!("`cai stop` for {delay} ms and an import"));
    }
}

#[test]
fn restore_survives_a_kill() {
    let scene = MarkedWorkspace::of(Person::new(), "killed-restore");
    let file = scene.person.beside("export.tgz").display().to_string();
    scene.run(&["export", "-o", &file]);
    let restore = ["import", "--force", "--from", &file];
    for delay in DELAYS.into_iter().chain([60, 150, 250, 300]) {
        scene.run(&["stop"]);
        scene.run_and_kill(&restore, delay);
        scene.check_unchanged(&format!("`cai import --from` for {delay} ms"));
        scene.run(&["stop"]);
        scene.run_and_kill(&restore, delay);
        scene.run(&restore);
    }
}

#[test]
fn first_run_survives_a_kill() {
    let scene = MarkedWorkspace::of(Person::new(), "killed-run");
    for delay in DELAYS {
        scene.run(&["stop", "--remove"]);
        scene.run_and_kill(&["run", "--image", "base", "--", "true"], delay);
        scene.check_unchanged(&format!("`cai run` for {delay} ms"));
    }
}

#[test]
fn gc_survives_a_kill() {
    let person = Person::new();
    let repository = person.repository("image");
    person.run(&repository, "true").success();
    let image = person.container(repository.path())["Config"]["Image"].clone();
    // The engine has no containers of other tests.
    let engine = Engine::isolated("k-gc");
    engine.set_up();
    engine.copy_image_from(Engine::shared(), image.as_str().expect("an image"));
    let scene = MarkedWorkspace::of(Person::on(&engine), "killed-gc");
    for delay in DELAYS {
        scene.run(&["stop"]);
        scene.run_and_kill(&["gc", "--age", "0h", "--force"], delay);
        scene.check_unchanged(&format!("`cai gc` for {delay} ms"));
    }
}

#[test]
fn change_of_limits_survives_a_kill() {
    let scene = MarkedWorkspace::of(Person::new(), "killed-resources");
    for (delay, memory) in DELAYS.into_iter().zip(1_u64..) {
        let change = ["resources", "--memory", &format!("{memory}g"), "--cpus", "1"];
        scene.run_and_kill(&change, delay);
        scene.check_unchanged(&format!("`cai resources` for {delay} ms"));
        scene.run(&change);
        let container = scene.person.container(scene.repository.path());
        assert_eq!(container["HostConfig"]["Memory"], memory << 30);
    }
}

/// The record and the container name the same volume at every moment, and it does not change later.
#[test]
fn recreation_with_another_volume_survives_a_kill() {
    let scene = MarkedWorkspace::of(Person::new(), "killed-reset");
    let path = scene.repository.path();
    let volume = || owned(&scene.person.container(path))[0].clone();
    for delay in [100, 300, 500, 700, 900, 1100, 1400, 1800, 2400] {
        let before = volume();
        scene.run_and_kill(&["run", "--image", "base", "--reset", "--", "true"], delay);
        scene.person.run_after_kill(&scene.repository, "true").success();
        let after = volume();
        scene.run(&["stop", "--remove"]);
        scene.person.run(&scene.repository, "true").success();
        assert_eq!(volume(), after, "after {delay} ms; it was {before}");
    }
}

#[test]
fn import_survives_a_kill() {
    let scene = MarkedWorkspace::of(Person::new(), "killed-import");
    let settings = scene.person.home().join(".claude");
    fs::create_dir_all(&settings).expect("a directory can be made");
    for delay in DELAYS {
        let text = format!("{{\"moment\":{delay},\"long\":\"{}\"}}", "x".repeat(1 << 20));
        fs::write(settings.join("settings.json"), &text).expect("a file can be written");
        scene.run_and_kill(&["import"], delay);
        scene.check_unchanged(&format!("`cai import` for {delay} ms"));
        scene.run(&["import"]);
        let arrived = scene.person.exec(&scene.repository, "cat ~/.claude/settings.json");
        assert_eq!(arrived.stdout(), text, "after {delay} ms");
    }
}

#[test]
fn incomplete_host_key_is_recreated() {
    let scene = MarkedWorkspace::of(Person::new(), "killed-key");
    let script = "cd /etc/ssh; sudo truncate -s 0 ssh_host_ed25519_key; \
                  sudo rm ssh_host_ed25519_key.pub; sudo touch ssh_host_ed25519_key.new";
    scene.person.exec(&scene.repository, script).success();
    scene.run(&["stop"]);
    scene.check_unchanged("a boot that ended too early");
}
