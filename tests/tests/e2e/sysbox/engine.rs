//! An engine set up for Sysbox.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use containai_core::config::IsolationChoice;
use containai_core::engine::Isolation;
use containai_docker::{DockerEngine, isolation};
use containai_tests::{Engine, Person};

use super::{BASE, StandIn};

fn docker(engine: &Engine, words: &[&str]) -> Output {
    let output = Command::new("docker").args(["-H", &engine.address()]).args(words).output();
    output.expect("Docker's own program can be started")
}

#[track_caller]
fn success(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[track_caller]
fn failure(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Imports an image of busybox alone.
fn import_busybox(engine: &Engine) {
    let script = r#"cd "$1" && mkdir -p image/bin image/etc image/ws image/proc && \
        cp /usr/bin/busybox image/bin/busybox && \
        for applet in sh sleep touch; do ln -sf busybox image/bin/$applet; done && \
        tar -C image -c . | docker -H "$2" import - box"#;
    let root = engine.root().to_str().expect("a plain path");
    let output = Command::new("sh").args(["-c", script, "sh", root, &engine.address()]).output();
    success(&output.expect("a shell can be started"));
}

fn choose(engine: &Engine, choice: IsolationChoice) -> Isolation {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let address = engine.address().parse().expect("an address");
    let client = DockerEngine::connect(address, None).expect("a client");
    let found = runtime.expect("a runtime").block_on(isolation::detect(&client, choice));
    found.expect("an isolation")
}

#[test]
fn setup_registers_the_shim_for_sysbox() {
    let engine = Engine::isolated("sysb");
    let mut stand_in = StandIn::below(engine.root());
    let person = Person::on(&engine);
    person.cai(["setup", "--yes"]).timeout(Duration::from_secs(300)).run().success();

    // The registered, recorded and chosen runtime.
    let info = engine.api().get("/info");
    assert_eq!(info["DefaultRuntime"], "containai-sysbox-runc");
    assert!(info["Runtimes"]["sysbox-runc"].is_null(), "{}", info["Runtimes"]);
    let record = fs::read_to_string(engine.layout().record()).expect("it was written");
    assert!(record.contains("\"sysbox\"") && record.contains(&BASE.to_string()), "{record}");
    assert_eq!(choose(&engine, IsolationChoice::Auto), Isolation::Sysbox);

    // A workspace of an ordinary user, through the engine.
    import_busybox(&engine);
    let workspace = engine.root().join("workspace");
    fs::create_dir(&workspace).expect("a directory can be made");
    chown(&workspace, Some(1234), Some(1234)).expect("root may do that");
    let mount = |source: &Path| format!("{}:/ws", source.display());
    let run = ["run", "-d", "--name", "one", "--network", "none", "-v", &mount(&workspace), "box"];
    success(&docker(&engine, &[&run[..], &["sleep", "1000"]].concat()));
    assert!(stand_in.was_called());
    let agent = format!("{0}:{0}", BASE + 1000);
    success(&docker(&engine, &["exec", "-u", &agent, "one", "touch", "/ws/agents"]));
    let made = fs::metadata(workspace.join("agents")).expect("it was made");
    assert_eq!((made.uid(), made.gid()), (1234, 1234));
    // The stand-in creates no user namespace, so this root is the host's.
    failure(&docker(&engine, &["exec", "one", "touch", "/ws/roots"]));
    assert!(!workspace.join("roots").exists());

    // A workspace of the host's root.
    let root = engine.root().join("etc");
    let run = ["run", "--rm", "--network", "none", "-v", &mount(&root), "box", "true"];
    let said = failure(&docker(&engine, &run));
    assert!(said.contains("its owner is the host's root"), "{said}");

    check_hanging_pause_is_undone(&engine, &stand_in);
    check_ended_services_are_reported(&engine, &mut stand_in, &person);
    // Containers outlive the end of the engine.
    success(&docker(&engine, &["rm", "--force", "one"]));

    // Another isolation, and back.
    let switch = ["setup", "--yes", "--isolation", "userns"];
    let outcome = person.cai(switch).timeout(Duration::from_secs(300)).run();
    let said = outcome.success().stderr();
    assert!(said.contains("cai setup --isolation sysbox"), "{said}");
    let said = person.cai(["list"]).run().success().stderr();
    assert!(said.contains("created with `sysbox` isolation are stored separately"), "{said}");
    assert!(said.contains("cai setup --isolation sysbox"), "{said}");
}

fn check_hanging_pause_is_undone(engine: &Engine, stand_in: &StandIn) {
    success(&docker(engine, &["pause", "one"]));
    success(&docker(engine, &["unpause", "one"]));
    stand_in.turn_on("hangs");
    let begun = Instant::now();
    let said = failure(&docker(engine, &["pause", "one"]));
    assert!(said.contains("could not be paused within 10 s; it is still running"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    let state = ["inspect", "--format", "{{.State.Status}}", "one"];
    assert_eq!(success(&docker(engine, &state)), "running");
    success(&docker(engine, &["exec", "one", "touch", "/after"]));
}

fn check_ended_services_are_reported(engine: &Engine, stand_in: &mut StandIn, person: &Person<'_>) {
    let repository = person.repository("told");
    let workspace = format!("containai.workspace={}", repository.path().display());
    let run = ["run", "-d", "--name", "told", "--network", "none", "--label", &workspace];
    let labels = ["--label", "containai.managed=true", "--label", "containai.isolation=sysbox"];
    success(&docker(engine, &[&run[..], &labels, &["box", "sleep", "1000"]].concat()));
    let status = || person.cai(["status"]).current_dir(&repository).run().success().stderr();
    assert_eq!(status(), "");
    stand_in.end_services();
    assert!(status().contains("sudo systemctl restart sysbox"), "{}", status());

    // Complaints of the runtime are not in the output of the journal.
    stand_in.turn_on("mute");
    let logs = person.cai(["logs"]).current_dir(&repository).run();
    assert_ne!(logs.status(), 0, "{}", logs.stdout());
    assert_eq!(logs.stdout(), "");
    assert!(logs.stderr().contains("OCI runtime exec failed"), "{}", logs.stderr());

    // After the engine ended.
    engine.supervisor("shutdown");
    let state = ["inspect", "--format", "{{.State.Status}}", "told"];
    assert_eq!(success(&docker(engine, &state)), "running");
    success(&docker(engine, &["rm", "--force", "told"]));
}
