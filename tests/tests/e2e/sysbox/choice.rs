//! A registered Sysbox whose services ended.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use containai_core::config::IsolationChoice;
use containai_core::engine::{EngineError, Isolation};
use containai_core::hint::Advice as _;
use containai_docker::{DockerEngine, isolation};
use containai_tests::{Engine, Person};
use serde_json::{Value, json};

use super::StandIn;

/// Adds a runtime of this name to the engine's configuration that fails as Sysbox does without its
/// services.
fn register_dead_sysbox(engine: &Engine, name: &str) {
    let runtime = engine.root().join("dead-sysbox-runc");
    fs::write(&runtime, "#!/bin/sh\necho 'failed to register with sysbox-mgr' >&2\nexit 1\n")
        .expect("a file can be written");
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o755)).expect("the mode can be set");
    let path = engine.layout().daemon_json();
    let text = fs::read_to_string(&path).expect("set-up wrote it");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["runtimes"][name] = json!({ "path": runtime });
    fs::write(&path, config.to_string()).expect("a file can be written");
    engine.supervisor("restart");
    let runtimes = engine.api().get("/info")["Runtimes"].clone();
    assert!(runtimes[name].is_object(), "{runtimes}");
}

#[test]
fn unusable_sysbox_is_never_chosen() {
    let engine = Engine::isolated("sysbox");
    engine.set_up();
    register_dead_sysbox(&engine, "sysbox-runc");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let choose = |choice| {
        let address = engine.address().parse().expect("an address");
        let client = DockerEngine::connect(address, None).expect("a client");
        runtime.as_ref().expect("a runtime").block_on(isolation::detect(&client, choice))
    };
    assert_eq!(choose(IsolationChoice::Auto).expect("user namespaces work"), Isolation::Userns);
    match choose(IsolationChoice::Only(Isolation::Sysbox)) {
        Err(EngineError::NoIsolation { reason }) => {
            assert!(reason.contains("without `containai-sysbox-runc` in front of it"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    register_dead_sysbox(&engine, "containai-sysbox-runc");
    assert_eq!(choose(IsolationChoice::Auto).expect("user namespaces work"), Isolation::Userns);
    match choose(IsolationChoice::Only(Isolation::Sysbox)) {
        Err(error @ EngineError::SysboxUnresponsive { .. }) => {
            let hints: Vec<_> = error.hints().iter().map(ToString::to_string).collect();
            assert!(hints[0].contains("systemctl restart sysbox"), "{hints:?}");
            assert!(hints[1].contains("--isolation userns"), "{hints:?}");
        }
        other => panic!("{other:?}"),
    }
    let left = engine.api().get("/containers/json?all=1");
    assert_eq!(left, json!([]), "the probe is gone");
}

#[test]
fn unresponsive_sysbox_is_not_chosen_by_setup() {
    let engine = Engine::isolated("nosysb");
    let person = Person::on(&engine);
    let outcome = person.cai(["setup", "--yes", "--isolation", "sysbox"]).run();
    outcome.fails(111, "no isolation available");
}

#[test]
fn plan_of_an_ordinary_user_matches_roots_setup() {
    let engine = Engine::isolated("sbuser");
    let mut stand_in = StandIn::below(engine.root());
    let plan = |person: &Person, isolation: &str| {
        let words = ["setup", "--dry-run", "--isolation", isolation];
        person.cai(words).as_user(1234).run()
    };
    let person = Person::on(&engine);
    fs::set_permissions(stand_in.path("run/sysbox"), fs::Permissions::from_mode(0o700))
        .expect("as Sysbox has it");
    // Only root can ask, and no process of root has the names.
    let dead = "Sysbox is installed, but its services do not respond";
    let outcome = plan(&person, "sysbox");
    let hint = outcome.fails(111, dead).stderr();
    assert!(hint.contains("systemctl restart sysbox"), "{hint}");
    assert!(hint.contains("cai setup --isolation userns"), "{hint}");
    assert!(plan(&person, "auto").success().stdout().contains("containai-runc"));
    // As root, by the sockets.
    let text = person.cai(["setup", "--dry-run"]).run();
    assert!(text.success().stdout().contains("containai-sysbox-runc\""));
    stand_in.end_services();
    person.cai(["setup", "--dry-run", "--isolation", "sysbox"]).run().fails(111, dead);
}
