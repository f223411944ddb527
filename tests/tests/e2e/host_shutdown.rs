//! The end of the host, as systemd announces it to the engine's unit.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use containai_tests::{Engine, Person, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

const TIMEOUT: Duration = Duration::from_secs(120);

/// Runs `ExecStop=` of the engine's unit while systemd is stopping the host, then stops the engine as
/// systemd does.
fn shut_down(engine: &Engine) {
    let programs = engine.root().join("programs");
    fs::create_dir_all(&programs).expect("a directory can be made");
    let systemctl = programs.join("systemctl");
    fs::write(&systemctl, "#!/bin/sh\necho stopping\nexit 1\n").expect("a file can be written");
    fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).expect("allowed");
    let layout = engine.layout();
    let config = fs::read_to_string(layout.daemon_json()).expect("a file");
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", programs.display());
    let stop = Command::new(layout.supervisor())
        .arg("shutdown")
        .arg(engine.root())
        .env("PATH", path)
        .output()
        .expect("it runs");
    assert!(stop.status.success(), "{stop:?}");
    let later = fs::read_to_string(layout.daemon_json()).expect("a file");
    assert_eq!(later, config, "the next start reads the same configuration");

    let supervisor = pid_in(&layout.supervisor_pid_file());
    kill(supervisor, Signal::SIGTERM).expect("it runs");
    wait_until(TIMEOUT, "the end of the engine", || kill(supervisor, None).is_err().then_some(()));
}

fn pid_in(path: &Path) -> Pid {
    let text = fs::read_to_string(path).expect("a process id in a file");
    Pid::from_raw(text.trim().parse().expect("a process id"))
}

fn init(container: &Value) -> Pid {
    let pid = container["State"]["Pid"].as_i64().expect("a process id");
    Pid::from_raw(i32::try_from(pid).expect("it fits"))
}

#[test]
fn containers_stop_with_the_host_and_may_start_with_it() {
    let engine = Engine::isolated("halt");
    engine.set_up();
    let person = Person::on(&engine);
    copy_base_image(&engine);
    let repository = person.repository("halting");
    person.run(&repository, "true").success();
    let container = || person.container(repository.path());

    // Only the engine stops: the container runs on.
    let before = init(&container());
    engine.supervisor("restart");
    assert_eq!(init(&container()), before);

    shut_down(&engine);
    kill(before, None).expect_err("the container's first process has ended with the engine");
    engine.supervisor("start");
    let state = container()["State"].clone();
    assert_eq!(state["Status"], "exited");
    assert!(!matches!(state["ExitCode"].as_i64(), Some(137 | 255)), "it was not killed: {state}");

    // Its user has not stopped it, so its restart policy applies.
    let id = container()["Id"].as_str().expect("an id").to_owned();
    let policy = json!({ "RestartPolicy": { "Name": "unless-stopped" } });
    engine.api().post(&format!("/containers/{id}/update"), &policy);
    person.run(&repository, "true").success();
    shut_down(&engine);
    engine.supervisor("start");
    wait_until(TIMEOUT, "the container's start with the engine", || {
        (container()["State"]["Running"] == true).then_some(())
    });
}

fn copy_base_image(engine: &Engine) {
    let person = Person::new();
    let repository = person.repository("image");
    person.run(&repository, "true").success();
    let image = person.container(repository.path())["Config"]["Image"].clone();
    engine.copy_image_from(Engine::shared(), image.as_str().expect("an image"));
}
