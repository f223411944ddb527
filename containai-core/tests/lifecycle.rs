//! The lifecycle on the test doubles: every decision, and a crash at every call.

use std::path::Path;

use containai_core::engine::{Container, ContainerId, EngineError, RunState};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::{
    Connected, Desired, DriveError, IgnoreEvents, Observed, Refusal, Step, decide, drive, plan,
};
use containai_core::naming::{HostPort, PortRange, WorkspacePath};
use containai_core::remote::RemoteError;
use containai_core::testing::{self, FakeConnection, FakeEngine, FakeRemote, run_ready};
use containai_core::workspace_store::NoWorkspaceStore;

fn workspace(path: &str) -> WorkspacePath {
    WorkspacePath::new(Path::new(path)).expect("a workspace path")
}

fn desired() -> Desired {
    testing::sample_desired(workspace("/src/api"))
}

fn container(name: &str, workspace: Option<&str>, state: RunState) -> Container {
    let labels: Labels = match workspace {
        None => Labels::default(),
        Some(path) => {
            [(label::MANAGED, "true"), (label::WORKSPACE, path), (label::SSH_PORT, "2300")]
                .into_iter()
                .collect()
        }
    };
    let id = ContainerId::new(format!("id-of-{name}"));
    Container::new(id, name, state).with_image("base").with_labels(labels)
}

fn observed(containers: Vec<Container>) -> Observed {
    Observed::of(containers)
}

#[test]
fn every_state_has_one_next_step() {
    for key_installed in [false, true] {
        for state in RunState::ALL {
            let ours = container("api-main", Some("/src/api"), state);
            let id = ours.id.clone();
            let mut fixture = observed(vec![ours]);
            fixture.is_provisioned = key_installed;
            let expected = match (state, key_installed) {
                (RunState::Created | RunState::Exited, false) => Step::Provision { id },
                (RunState::Created | RunState::Exited, true) => Step::Start { id },
                (RunState::Running, _) => Step::Connect { id },
                (RunState::Paused, _) => Step::Unpause { id },
                (RunState::Dead, _) => Step::Refuse(Refusal::Dead { name: "api-main".into() }),
                (state, _) => Step::Wait { name: "api-main".into(), state },
            };
            assert_eq!(decide(&fixture, &desired()), expected, "{state} {key_installed}");
        }
    }
}

#[test]
fn names_of_other_workspaces_are_skipped() {
    let others = vec![
        container("api-main", Some("/elsewhere/api"), RunState::Running),
        container("api-main-2", Some("/third/api"), RunState::Exited),
    ];
    let mut fixture = observed(others);
    fixture.image = Some("base".into());
    let Step::Create { name } = decide(&fixture, &desired()) else {
        panic!("no container is made")
    };
    assert_eq!(name.as_ref(), "api-main-3");
}

#[test]
fn foreign_container_of_that_name_is_refused() {
    let fixture = observed(vec![container("api-main", None, RunState::Exited)]);
    let refusal = Refusal::NotManaged { name: "api-main".into() };
    assert_eq!(decide(&fixture, &desired()), Step::Refuse(refusal));
}

#[test]
fn containers_without_the_managed_label_are_foreign() {
    let mut fake = container("x", Some("/src/api"), RunState::Running);
    fake.labels = [(label::WORKSPACE, "/src/api")].into_iter().collect();
    assert_eq!(decide(&observed(vec![fake]), &desired()), Step::EnsureImage);
}

#[test]
fn two_containers_of_one_workspace_are_refused_by_name() {
    let fixture = observed(vec![
        container("a", Some("/src/api"), RunState::Running),
        container("b", Some("/src/api"), RunState::Exited),
    ]);
    let Step::Refuse(refusal) = decide(&fixture, &desired()) else { panic!("one was chosen") };
    assert_eq!(refusal.to_string(), "2 containers serve `/src/api`: `a`, `b`");
}

#[test]
fn running_container_without_a_port_is_refused() {
    let mut ours = container("api-main", Some("/src/api"), RunState::Running);
    ours.labels = [(label::MANAGED, "true"), (label::WORKSPACE, "/src/api")].into_iter().collect();
    let refusal = Refusal::NoPort { name: "api-main".into() };
    assert_eq!(decide(&observed(vec![ours]), &desired()), Step::Refuse(refusal));
}

#[test]
fn plan_names_the_steps_that_drive_takes() {
    let engine = FakeEngine::new();
    let planned = plan(&Observed::default(), &desired());
    let kinds: Vec<_> = planned.iter().map(kind).collect();
    assert_eq!(kinds, ["ensure_image", "create", "provision", "start", "host_key"]);
    open_session(&engine, &FakeRemote::new()).expect("a session");
    let done: Vec<_> = engine.calls().into_iter().filter(|call| kinds.contains(call)).collect();
    assert_eq!(done, kinds);
}

fn kind(step: &Step) -> &'static str {
    match step {
        Step::EnsureImage => "ensure_image",
        Step::Create { .. } => "create",
        Step::Provision { .. } => "provision",
        Step::Start { .. } => "start",
        Step::Connect { .. } => "host_key",
        _ => "other",
    }
}

fn open_session(
    engine: &FakeEngine,
    remote: &FakeRemote,
) -> Result<Connected<FakeConnection>, DriveError> {
    run_ready(drive(engine, remote, &NoWorkspaceStore, &desired(), &IgnoreEvents))
}

#[test]
fn provisioned_before_the_first_start() {
    let engine = FakeEngine::new();
    let connected = open_session(&engine, &FakeRemote::new()).expect("a session");
    assert!(engine.installed_key(&connected.container.id).is_some());
    let calls = engine.calls();
    let position = |name| calls.iter().position(|call| *call == name).expect("the call");
    assert!(position("provision") < position("start"));
    assert!(position("start") < position("host_key"));
}

#[test]
fn second_drive_attaches_to_the_same_container() {
    let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
    let first = open_session(&engine, &remote).expect("a session");
    let calls = engine.calls().len();
    let second = open_session(&engine, &remote).expect("a session");
    assert_eq!(first.container.id, second.container.id);
    assert_eq!(engine.calls()[calls..], ["containers"], "a running container costs one call");
}

#[test]
fn next_run_recovers_from_any_crash() {
    let calls = {
        let engine = FakeEngine::new();
        open_session(&engine, &FakeRemote::new()).expect("a session");
        engine.calls().len()
    };
    for moment in 0..calls {
        let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
        engine.crash_after(moment);
        let died = open_session(&engine, &remote);
        assert!(
            matches!(died, Err(DriveError::Engine(EngineError::Unreachable { .. }))),
            "{moment}"
        );
        engine.recover();
        let connected = open_session(&engine, &remote).expect("the next run repairs");
        assert_eq!(connected.container.state, RunState::Running, "{moment}");
        assert_eq!(engine.current_containers().len(), 1, "{moment}");
        assert!(engine.installed_key(&connected.container.id).is_some(), "{moment}");
    }
}

#[test]
fn vanished_container_is_recreated() {
    for state in [RunState::Created, RunState::Running, RunState::Exited, RunState::Paused] {
        let ghost = container("api-main", Some("/src/api"), state);
        let engine = FakeEngine::new().with_vanished_container(ghost.clone());
        let connected = open_session(&engine, &FakeRemote::new()).expect("a session");
        assert_ne!(connected.container.id, ghost.id, "{state}");
        assert_eq!(engine.current_containers().len(), 1, "{state}");
    }
}

#[test]
fn container_that_is_being_stopped_is_started_again() {
    let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
    let container = open_session(&engine, &remote).expect("a session").container;
    engine.stop_during_wait(&container.id);
    remote.fail_next_connections(1);
    let again = open_session(&engine, &remote).expect("a session").container;
    assert_eq!(again.id, container.id);
    assert_eq!(engine.calls().iter().filter(|call| **call == "start").count(), 2);

    remote.fail_next_connections(2);
    let error = open_session(&engine, &remote).expect_err("the container exits");
    assert!(matches!(error, DriveError::Remote(RemoteError::Connection { .. })), "{error}");
}

#[test]
fn port_conflict_before_the_first_start_picks_another_port() {
    let engine = FakeEngine::new();
    let stolen = PortRange::default().start();
    engine.take_port(stolen);
    let remote = FakeRemote::new();
    remote.take_port_after_reservation(stolen);
    remote.serve(HostPort::new(2301).expect("a port"), &ContainerId::new("id-2"));
    let connected = open_session(&engine, &remote);
    assert!(connected.is_ok_and(|connected| connected.connection.port.get() == 2301));
    assert_eq!(engine.current_containers().len(), 1);
}

#[test]
fn port_that_failed_on_start_is_not_chosen_again() {
    let engine = FakeEngine::new();
    engine.take_port(PortRange::default().start());
    let remote = FakeRemote::new();
    remote.serve(HostPort::new(2301).expect("a port"), &ContainerId::new("id-2"));
    let connected = open_session(&engine, &remote);
    assert!(connected.is_ok_and(|connected| connected.connection.port.get() == 2301));
    assert_eq!(engine.current_containers().len(), 1);
}

#[test]
fn container_that_lost_its_port_is_restarted_on_it() {
    let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
    let first = open_session(&engine, &remote).expect("a session");
    engine.lose_port(&first.container.id);
    let again = open_session(&engine, &remote).expect("a session");
    assert_eq!(again.container.id, first.container.id);
    assert_eq!(again.connection.port, first.connection.port);
    assert_eq!(engine.calls().iter().filter(|call| **call == "start").count(), 2);
}

#[test]
fn container_that_lost_its_port_to_another_program_is_moved() {
    let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
    let first = open_session(&engine, &remote).expect("a session");
    engine.lose_port(&first.container.id);
    engine.take_port(first.connection.port);
    remote.serve(HostPort::new(2301).expect("a port"), &ContainerId::new("id-2"));
    let moved = open_session(&engine, &remote).expect("a session");
    assert_eq!(moved.connection.port.get(), 2301);
    assert_eq!(engine.current_containers().len(), 1);
    assert!(engine.calls().contains(&"commit"), "its file system is kept");
}

#[test]
fn container_without_a_port_is_restarted_once() {
    let mut ours = container("api-main", Some("/src/api"), RunState::Running);
    ours.has_lost_port = true;
    let id = ours.id.clone();
    let mut fixture = observed(vec![ours]);
    assert_eq!(decide(&fixture, &desired()), Step::Stop { id: id.clone() });
    let planned = plan(&fixture, &desired());
    let [stop, .., connect] = planned.as_slice() else { panic!("{planned:?}") };
    assert_eq!(stop, &Step::Stop { id: id.clone() });
    assert_eq!(connect, &Step::Connect { id: id.clone() });
    fixture.stopped_without_port = Some(id.clone());
    assert_eq!(decide(&fixture, &desired()), Step::Connect { id: id.clone() });

    // The caller knows it, although the engine lists the port.
    let known = observed(vec![container("api-main", Some("/src/api"), RunState::Running)]);
    let mut lost = desired();
    lost.options.lost_port = Some(id.clone());
    assert_eq!(decide(&known, &lost), Step::Stop { id: id.clone() });
    assert_eq!(plan(&known, &lost).last(), Some(&Step::Connect { id }));
}

#[test]
fn changed_host_key_is_accepted_only_from_the_engine() {
    let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
    let connected = open_session(&engine, &remote).expect("a session");
    let (id, port) = (connected.container.id, connected.connection.port);
    remote.pin_stale(port, &ContainerId::new("replaced by hand"));
    let healed = open_session(&engine, &remote).expect("the engine vouches for the new key");
    assert_eq!(healed.connection, connected.connection);
    remote.serve(port, &ContainerId::new("an impostor"));
    let refused = open_session(&engine, &remote);
    assert!(matches!(refused, Err(DriveError::Remote(RemoteError::HostKeyMismatch { .. }))));
    remote.serve(port, &id);
    open_session(&engine, &remote).expect("the pin survived the impostor");
}

#[test]
fn key_of_another_home_directory_is_authorized() {
    let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
    let connected = open_session(&engine, &remote).expect("a session");
    let id = connected.container.id;
    let calls = || engine.calls().iter().filter(|call| **call == "authorize").count();
    assert_eq!(calls(), 0);
    remote.reject_key(1);
    open_session(&engine, &remote).expect("the key is added");
    assert_eq!(calls(), 1);
    assert_eq!(engine.installed_key(&id).as_deref(), Some("ssh-ed25519 AAAA containai"));
    // The host key of another container is replaced first.
    remote.pin_stale(connected.connection.port, &ContainerId::new("replaced by hand"));
    remote.reject_key(1);
    open_session(&engine, &remote).expect("both are mended");
    remote.reject_key(2);
    let refused = open_session(&engine, &remote).map(drop);
    assert!(matches!(refused, Err(DriveError::Remote(RemoteError::KeyRejected { .. }))));
}

#[test]
fn ports_of_stopped_containers_stay_reserved() {
    let stopped = container("other", Some("/src/other"), RunState::Exited);
    let engine = FakeEngine::new().with_container(stopped);
    let remote = FakeRemote::new();
    let connected = open_session(&engine, &remote).expect("a session");
    assert_eq!(connected.connection.port.get(), 2301);
}

#[test]
fn exited_container_is_reported_with_its_log() {
    let ours = container("api-main", Some("/src/api"), RunState::Exited);
    let engine = FakeEngine::new();
    let mut dead = ours;
    dead.state = RunState::Exited;
    let engine = engine.with_container(dead.clone());
    let attempt = containai_core::lifecycle::connect(
        &engine,
        &NeverAnswers,
        &dead,
        containai_core::lifecycle::PinnedKey::Valid,
    );
    let error = run_ready(attempt).expect_err("the container is dead").to_string();
    assert_eq!(error, "container `api-main` exited with status 1\n  the last line of the console");
}

/// A remote whose server never answers.
struct NeverAnswers;

mod never_answers {
    use std::collections::BTreeMap;
    use std::future::pending;

    use containai_core::naming::{ContainerName, HostPort, PortRange};
    use containai_core::remote::{HostKey, Remote, RemoteError, ReservedPort};

    impl Remote for super::NeverAnswers {
        type Transport = ();
        type Connection = ();
        type Reservation = ();

        async fn authorized_key(&self) -> Result<String, RemoteError> {
            pending().await
        }
        async fn reserve_port(
            &self,
            _: PortRange,
            _: &BTreeMap<HostPort, String>,
        ) -> Result<ReservedPort<()>, RemoteError> {
            pending().await
        }
        async fn wait_ready(&self, _: HostPort) -> Result<(), RemoteError> {
            pending().await
        }
        async fn pinned_host_key(&self, _: HostPort) -> Result<Option<HostKey>, RemoteError> {
            pending().await
        }
        async fn register(
            &self,
            _: &ContainerName,
            _: HostPort,
            _: &HostKey,
        ) -> Result<(), RemoteError> {
            pending().await
        }
        async fn authenticate(&self, (): (), _: HostPort) -> Result<(), RemoteError> {
            pending().await
        }
        async fn unregister(&self, _: &ContainerName, _: HostPort) -> Result<(), RemoteError> {
            pending().await
        }
    }
}
