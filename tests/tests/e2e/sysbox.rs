//! A Sysbox that is registered and dead.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use containai_core::config::IsolationChoice;
use containai_core::engine::{EngineError, Isolation};
use containai_docker::{DockerEngine, isolation};
use containai_tests::{Engine, Person};
use serde_json::{Value, json};

/// Adds a runtime to the engine's configuration that fails as Sysbox does
/// when its services are gone.
fn register_dead_sysbox(engine: &Engine) {
    let runtime = engine.root().join("sysbox-runc");
    fs::write(&runtime, "#!/bin/sh\necho 'failed to register with sysbox-mgr' >&2\nexit 1\n")
        .expect("a file can be written");
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o755)).expect("and be run");
    let path = engine.layout().daemon_json();
    let text = fs::read_to_string(&path).expect("set-up wrote it");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["runtimes"]["sysbox-runc"] = json!({ "path": runtime });
    fs::write(&path, config.to_string()).expect("a file can be written");
    engine.supervisor("restart");
    let runtimes = engine.api().get("/info")["Runtimes"].clone();
    assert!(runtimes["sysbox-runc"].is_object(), "{runtimes}");
}

#[test]
fn a_dead_sysbox_is_never_chosen() {
    let engine = Engine::apart("sysbox");
    engine.set_up();
    register_dead_sysbox(&engine);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let choose = |choice| {
        let address = engine.address().parse().expect("an address");
        let client = DockerEngine::connect(address, None).expect("a client");
        runtime.as_ref().expect("a runtime").block_on(isolation::detect(&client, choice))
    };
    assert_eq!(choose(IsolationChoice::Auto).expect("user namespaces work"), Isolation::Userns);
    match choose(IsolationChoice::Only(Isolation::Sysbox)) {
        Err(EngineError::NoIsolation { reason }) => {
            assert!(reason.contains("registered but does not work"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    let left = engine.api().get("/containers/json?all=1");
    assert_eq!(left, json!([]), "the probe is gone");
}

#[test]
fn set_up_does_not_decide_for_a_sysbox_that_does_not_answer() {
    let engine = Engine::apart("nosysbox");
    let person = Person::on(&engine);
    let outcome = person.cai(["setup", "--yes", "--isolation", "sysbox"]).run();
    outcome.fails(111, "no isolation available");
}
