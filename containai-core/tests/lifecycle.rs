//! The lifecycle on the test doubles: every decision, and a crash at every call.

use std::path::Path;

use containai_core::engine::{Container, ContainerId, EngineError, RunState};
use containai_core::fake::{self, FakeEngine, FakeRemote, FakeSession, run};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::{
    Desired, DriveError, Observed, Reached, Refusal, Silent, Step, decide, drive, plan,
};
use containai_core::naming::{HostPort, PortRange, WorkspacePath};
use containai_core::records::NoRecords;
use containai_core::remote::RemoteError;

fn workspace(path: &str) -> WorkspacePath {
    WorkspacePath::new(Path::new(path)).expect("a workspace path")
}

fn desired() -> Desired {
    fake::desired(workspace("/src/api"))
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
    Container { id, name: name.into(), state, status: String::new(), image: "base".into(), labels }
}

fn observed(containers: Vec<Container>) -> Observed {
    Observed { containers, ..Observed::default() }
}

#[test]
fn every_state_has_one_next_step() {
    for key_installed in [false, true] {
        for state in RunState::ALL {
            let ours = container("api-main", Some("/src/api"), state);
            let id = ours.id.clone();
            let world = Observed { key_installed, ..observed(vec![ours]) };
            let expected = match (state, key_installed) {
                (RunState::Created | RunState::Exited, false) => Step::InstallKey { id },
                (RunState::Created | RunState::Exited, true) => Step::Start { id },
                (RunState::Running, _) => Step::Reach { id },
                (RunState::Paused, _) => Step::Unpause { id },
                (RunState::Dead, _) => Step::Refuse(Refusal::Dead { name: "api-main".into() }),
                (state, _) => Step::Wait { name: "api-main".into(), state },
            };
            assert_eq!(decide(&world, &desired()), expected, "{state} {key_installed}");
        }
    }
}

#[test]
fn names_of_other_workspaces_are_passed_over() {
    let others = vec![
        container("api-main", Some("/elsewhere/api"), RunState::Running),
        container("api-main-2", Some("/third/api"), RunState::Exited),
    ];
    let world = Observed { image: Some("base".into()), ..observed(others) };
    let Step::Create { name } = decide(&world, &desired()) else { panic!("no container is made") };
    assert_eq!(name.as_ref(), "api-main-3");
}

#[test]
fn foreign_container_of_that_name_is_refused() {
    let world = observed(vec![container("api-main", None, RunState::Exited)]);
    let refusal = Refusal::NotOurs { name: "api-main".into() };
    assert_eq!(decide(&world, &desired()), Step::Refuse(refusal));
}

#[test]
fn label_without_managed_is_not_ours() {
    let mut fake = container("x", Some("/src/api"), RunState::Running);
    fake.labels = [(label::WORKSPACE, "/src/api")].into_iter().collect();
    assert_eq!(decide(&observed(vec![fake]), &desired()), Step::ProvideImage);
}

#[test]
fn two_containers_of_one_workspace_are_refused_by_name() {
    let world = observed(vec![
        container("a", Some("/src/api"), RunState::Running),
        container("b", Some("/src/api"), RunState::Exited),
    ]);
    let Step::Refuse(refusal) = decide(&world, &desired()) else { panic!("one was chosen") };
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
    enter(&engine, &FakeRemote::new()).expect("a session");
    let done: Vec<_> = engine.calls().into_iter().filter(|call| kinds.contains(call)).collect();
    assert_eq!(done, kinds);
}

fn kind(step: &Step) -> &'static str {
    match step {
        Step::ProvideImage => "ensure_image",
        Step::Create { .. } => "create",
        Step::InstallKey { .. } => "provision",
        Step::Start { .. } => "start",
        Step::Reach { .. } => "host_key",
        _ => "other",
    }
}

fn enter(engine: &FakeEngine, remote: &FakeRemote) -> Result<Reached<FakeSession>, DriveError> {
    run(drive(engine, remote, &NoRecords, &desired(), &Silent))
}

#[test]
fn key_is_in_place_before_the_first_start() {
    let engine = FakeEngine::new();
    let reached = enter(&engine, &FakeRemote::new()).expect("a session");
    assert!(engine.installed_key(&reached.container.id).is_some());
    let calls = engine.calls();
    let position = |name| calls.iter().position(|call| *call == name).expect("the call");
    assert!(position("provision") < position("start"));
    assert!(position("start") < position("host_key"));
}

#[test]
fn second_drive_attaches_to_the_same_container() {
    let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
    let first = enter(&engine, &remote).expect("a session");
    let calls = engine.calls().len();
    let second = enter(&engine, &remote).expect("a session");
    assert_eq!(first.container.id, second.container.id);
    assert_eq!(engine.calls()[calls..], ["containers"], "a running container costs one call");
}

#[test]
fn dying_at_any_moment_is_repaired_by_the_next_run() {
    let calls = {
        let engine = FakeEngine::new();
        enter(&engine, &FakeRemote::new()).expect("a session");
        engine.calls().len()
    };
    for moment in 0..calls {
        let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
        engine.crash_after(moment);
        let died = enter(&engine, &remote);
        assert!(
            matches!(died, Err(DriveError::Engine(EngineError::Unreachable { .. }))),
            "{moment}"
        );
        engine.recover();
        let reached = enter(&engine, &remote).expect("the next run repairs");
        assert_eq!(reached.container.state, RunState::Running, "{moment}");
        assert_eq!(engine.snapshot().len(), 1, "{moment}");
        assert!(engine.installed_key(&reached.container.id).is_some(), "{moment}");
    }
}

#[test]
fn container_that_vanishes_is_made_anew() {
    for state in [RunState::Created, RunState::Running, RunState::Exited, RunState::Paused] {
        let ghost = container("api-main", Some("/src/api"), state);
        let engine = FakeEngine::new().with_ghost(ghost.clone());
        let reached = enter(&engine, &FakeRemote::new()).expect("a session");
        assert_ne!(reached.container.id, ghost.id, "{state}");
        assert_eq!(engine.snapshot().len(), 1, "{state}");
    }
}

#[test]
fn container_that_is_being_stopped_is_started_again() {
    let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
    let container = enter(&engine, &remote).expect("a session").container;
    engine.let_leave(&container.id);
    remote.close_next(1);
    let again = enter(&engine, &remote).expect("a session").container;
    assert_eq!(again.id, container.id);
    assert_eq!(engine.calls().iter().filter(|call| **call == "start").count(), 2);

    remote.close_next(2);
    let error = enter(&engine, &remote).expect_err("the container exits");
    assert!(matches!(error, DriveError::Remote(RemoteError::Connection { .. })), "{error}");
}

#[test]
fn port_taken_before_the_first_start_leads_to_another() {
    let engine = FakeEngine::new();
    let stolen = PortRange::default().start();
    engine.steal_port(stolen);
    let remote = FakeRemote::new();
    remote.let_rival_take(stolen);
    remote.put_behind(HostPort::new(2301).expect("a port"), &ContainerId::new("id-2"));
    let reached = enter(&engine, &remote);
    assert!(reached.is_ok_and(|reached| reached.session.port.get() == 2301));
    assert_eq!(engine.snapshot().len(), 1);
}

#[test]
fn a_port_that_only_a_start_can_tell_is_not_chosen_twice() {
    let engine = FakeEngine::new();
    engine.steal_port(PortRange::default().start());
    let remote = FakeRemote::new();
    remote.put_behind(HostPort::new(2301).expect("a port"), &ContainerId::new("id-2"));
    let reached = enter(&engine, &remote);
    assert!(reached.is_ok_and(|reached| reached.session.port.get() == 2301));
    assert_eq!(engine.snapshot().len(), 1);
}

#[test]
fn changed_host_key_counts_only_when_the_engine_says_so() {
    let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
    let reached = enter(&engine, &remote).expect("a session");
    let (id, port) = (reached.container.id, reached.session.port);
    remote.pin_stale(port, &ContainerId::new("replaced by hand"));
    let healed = enter(&engine, &remote).expect("the engine vouches for the new key");
    assert_eq!(healed.session, reached.session);
    remote.put_behind(port, &ContainerId::new("an impostor"));
    let refused = enter(&engine, &remote);
    assert!(matches!(refused, Err(DriveError::Remote(RemoteError::HostKeyMismatch { .. }))));
    remote.put_behind(port, &id);
    enter(&engine, &remote).expect("the pin survived the impostor");
}

#[test]
fn ports_of_stopped_containers_stay_reserved() {
    let stopped = container("other", Some("/src/other"), RunState::Exited);
    let engine = FakeEngine::new().with_container(stopped);
    let remote = FakeRemote::new();
    let reached = enter(&engine, &remote).expect("a session");
    assert_eq!(reached.session.port.get(), 2301);
}

#[test]
fn container_that_dies_is_told_with_its_last_words() {
    let ours = container("api-main", Some("/src/api"), RunState::Exited);
    let engine = FakeEngine::new();
    let dead = Container { state: RunState::Exited, ..ours };
    let engine = engine.with_container(dead.clone());
    let way = containai_core::lifecycle::reach(
        &engine,
        &NeverAnswers,
        &dead,
        containai_core::lifecycle::Pin::Known,
    );
    let error = run(way).expect_err("the container is dead").to_string();
    assert_eq!(error, "container `api-main` exited with status 1\n  the last line of the console");
}

/// A remote whose server never answers.
struct NeverAnswers;

mod never_answers {
    use std::collections::BTreeMap;
    use std::future::pending;

    use containai_core::naming::{ContainerName, HostPort, PortRange};
    use containai_core::remote::{HostKey, Remote, RemoteError, Reserved};

    impl Remote for super::NeverAnswers {
        type Door = ();
        type Session = ();
        type Reservation = ();

        async fn authorized_key(&self) -> Result<String, RemoteError> {
            pending().await
        }
        async fn reserve_port(
            &self,
            _: PortRange,
            _: &BTreeMap<HostPort, String>,
        ) -> Result<Reserved<()>, RemoteError> {
            pending().await
        }
        async fn knock(&self, _: HostPort) -> Result<(), RemoteError> {
            pending().await
        }
        async fn pinned(&self, _: HostPort) -> Result<Option<HostKey>, RemoteError> {
            pending().await
        }
        async fn introduce(
            &self,
            _: &ContainerName,
            _: HostPort,
            _: &HostKey,
        ) -> Result<(), RemoteError> {
            pending().await
        }
        async fn open(&self, (): (), _: HostPort) -> Result<(), RemoteError> {
            pending().await
        }
        async fn forget(&self, _: &ContainerName, _: HostPort) -> Result<(), RemoteError> {
            pending().await
        }
    }
}
