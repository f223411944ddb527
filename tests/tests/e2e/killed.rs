//! Killed at any moment, whatever the command was: the next run finds the
//! workspace's files, the data volume and the port.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use containai_tests::{Engine, Outcome, Person, Repository, uncut};
use nix::sys::signal::Signal;
use serde_json::Value;

/// Moments between the start of a command and its end, in milliseconds.
const MOMENTS: [u64; 6] = [30, 90, 200, 400, 800, 1500];

/// A workspace with a file in it, whose container left a mark on its volume.
struct Scene<'e> {
    person: Person<'e>,
    repository: Repository,
    /// The data volume and the port, as the container's labels have them.
    owned: [String; 2],
}

impl<'e> Scene<'e> {
    #[track_caller]
    fn of(person: Person<'e>, name: &str) -> Self {
        let repository = person.repository(name);
        fs::write(repository.path().join("note"), "mine\n").expect("a file can be written");
        person.run(&repository, "echo kept > /mnt/agent-data/marker").success();
        let owned = owned(&person.container(repository.path()));
        Self { person, repository, owned }
    }

    #[track_caller]
    fn done(&self, args: &[&str]) -> Outcome {
        let outcome = self.person.cai(args).inside(&self.repository).run();
        outcome.success();
        outcome
    }

    fn killed(&self, args: &[&str], moment: u64) {
        let running = self.person.cai(args).inside(&self.repository).start();
        sleep(Duration::from_millis(moment));
        running.signal(Signal::SIGKILL);
        running.outcome().keeps_quiet_about("panicked");
    }

    /// One run, and everything is as it was.
    #[track_caller]
    fn is_whole(&self, after: &str) {
        let script = "cat /mnt/agent-data/marker note";
        let outcome = self.person.run_after_a_kill(&self.repository, script);
        assert_eq!(outcome.stdout(), "kept\nmine\n", "after {after}: {outcome}");
        outcome.success();
        let path = self.repository.path();
        assert_eq!(self.person.containers(path).len(), 1, "after {after}");
        assert_eq!(owned(&self.person.container(path)), self.owned, "after {after}");
        assert_eq!(fs::read_to_string(path.join("note")).ok().as_deref(), Some("mine\n"));
    }
}

fn owned(container: &Value) -> [String; 2] {
    ["containai.data-volume", "containai.ssh-port"].map(|label| {
        container["Config"]["Labels"][label].as_str().expect("a label of ours").to_owned()
    })
}

#[test]
fn stopping_and_removing() {
    let scene = Scene::of(Person::new(), "killed-stop");
    for moment in MOMENTS {
        scene.killed(&["stop", "--remove"], moment);
        scene.is_whole(&format!("`cai stop --remove` for {moment} ms"));
    }
}

/// The engine goes on with a start that it was asked for.
#[test]
fn what_is_stopped_does_not_start_afterwards() {
    let scene = Scene::of(Person::new(), "killed-start");
    for moment in MOMENTS.into_iter().chain([150, 250, 300]) {
        for verb in [&["stop"][..], &["stop", "--remove"]] {
            scene.done(&["stop"]);
            scene.killed(&["run", "--image", "base", "--", "true"], moment);
            scene.done(verb);
            // The engine looks at a container when it has started it.
            let path = scene.repository.path();
            let after = format!("`cai {verb:?}` after `cai run` for {moment} ms");
            if verb.len() == 1 {
                let state = &scene.person.container(path)["State"];
                assert_eq!(state["Running"], false, "{after}");
            }
            scene.is_whole(&after);
        }
    }
}

/// systemd goes on with a shutdown that it was asked for.
#[test]
fn what_is_shutting_down_is_waited_for() {
    let scene = Scene::of(Person::new(), "killed-shutdown");
    let repository = &scene.repository;
    for moment in [60, 100, 150, 200, 300] {
        scene.killed(&["stop"], moment);
        let entered = uncut(|| scene.person.exec(repository, "echo entered"));
        assert_eq!(entered.success().stdout(), "entered\n", "after {moment} ms");
        scene.is_whole(&format!("`cai stop` for {moment} ms"));
        scene.killed(&["stop"], moment);
        uncut(|| scene.person.cai(["import"]).inside(repository).run()).success();
        scene.is_whole(&format!("`cai stop` for {moment} ms and an import"));
    }
}

#[test]
fn restoring_an_export() {
    let scene = Scene::of(Person::new(), "killed-restore");
    let file = scene.person.beside("export.tgz").display().to_string();
    scene.done(&["export", "-o", &file]);
    let restore = ["import", "--force", "--from", &file];
    for moment in MOMENTS.into_iter().chain([60, 150, 250, 300]) {
        scene.done(&["stop"]);
        scene.killed(&restore, moment);
        scene.is_whole(&format!("`cai import --from` for {moment} ms"));
        scene.done(&["stop"]);
        scene.killed(&restore, moment);
        scene.done(&restore);
    }
}

#[test]
fn making_the_first_container() {
    let scene = Scene::of(Person::new(), "killed-run");
    for moment in MOMENTS {
        scene.done(&["stop", "--remove"]);
        scene.killed(&["run", "--image", "base", "--", "true"], moment);
        scene.is_whole(&format!("`cai run` for {moment} ms"));
    }
}

#[test]
fn sweeping_up() {
    let person = Person::new();
    let repository = person.repository("image");
    person.run(&repository, "true").success();
    let image = person.container(repository.path())["Config"]["Image"].clone();
    // Nobody else's containers are swept up there.
    let engine = Engine::apart("k-gc");
    engine.set_up();
    engine.take_image(Engine::shared(), image.as_str().expect("an image"));
    let scene = Scene::of(Person::on(&engine), "killed-gc");
    for moment in MOMENTS {
        scene.done(&["stop"]);
        scene.killed(&["gc", "--age", "0h", "--force"], moment);
        scene.is_whole(&format!("`cai gc` for {moment} ms"));
    }
}

#[test]
fn changing_what_it_may_use() {
    let scene = Scene::of(Person::new(), "killed-resources");
    for (moment, memory) in MOMENTS.into_iter().zip(1_u64..) {
        let change = ["resources", "--memory", &format!("{memory}g"), "--cpus", "1"];
        scene.killed(&change, moment);
        scene.is_whole(&format!("`cai resources` for {moment} ms"));
        scene.done(&change);
        let container = scene.person.container(scene.repository.path());
        assert_eq!(container["HostConfig"]["Memory"], memory << 30);
    }
}

/// The record and the container name one volume, whatever the moment: nothing changes it
/// later.
#[test]
fn making_it_anew_with_another_volume() {
    let scene = Scene::of(Person::new(), "killed-reset");
    let path = scene.repository.path();
    let volume = || owned(&scene.person.container(path))[0].clone();
    for moment in [100, 300, 500, 700, 900, 1100, 1400, 1800, 2400] {
        let before = volume();
        scene.killed(&["run", "--image", "base", "--reset", "--", "true"], moment);
        scene.person.run_after_a_kill(&scene.repository, "true").success();
        let after = volume();
        scene.done(&["stop", "--remove"]);
        scene.person.run(&scene.repository, "true").success();
        assert_eq!(volume(), after, "after {moment} ms; it was {before}");
    }
}

#[test]
fn bringing_settings_along() {
    let scene = Scene::of(Person::new(), "killed-import");
    let settings = scene.person.home().join(".claude");
    fs::create_dir_all(&settings).expect("a directory can be made");
    for moment in MOMENTS {
        let text = format!("{{\"moment\":{moment},\"long\":\"{}\"}}", "x".repeat(1 << 20));
        fs::write(settings.join("settings.json"), &text).expect("a file can be written");
        scene.killed(&["import"], moment);
        scene.is_whole(&format!("`cai import` for {moment} ms"));
        scene.done(&["import"]);
        let arrived = scene.person.exec(&scene.repository, "cat ~/.claude/settings.json");
        assert_eq!(arrived.stdout(), text, "after {moment} ms");
    }
}

#[test]
fn a_host_key_that_was_never_finished_is_made_again() {
    let scene = Scene::of(Person::new(), "killed-key");
    let script = "cd /etc/ssh; sudo truncate -s 0 ssh_host_ed25519_key; \
                  sudo rm ssh_host_ed25519_key.pub; sudo touch ssh_host_ed25519_key.new";
    scene.person.exec(&scene.repository, script).success();
    scene.done(&["stop"]);
    scene.is_whole("a boot that ended too early");
}
