//! Migration of a stopped container whose port is in use, with a crash at every call and
//! concurrent changes.

use std::path::Path;

use containai_core::engine::{Container, ContainerId, Engine as _, RunState};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::{
    Connected, Desired, DriveError, IgnoreEvents, Observed, Refusal, Step, decide, drive, observe,
    plan,
};
use containai_core::naming::{ContainerName, HostPort, PortRange, WorkspacePath};
use containai_core::remote::{Remote as _, RemoteError};
use containai_core::testing::{self, FakeConnection, FakeEngine, FakeRemote, run_ready};
use containai_core::workspace_store::NoWorkspaceStore;

const FILES: &str = "what the user wrote";

fn desired() -> Desired {
    testing::sample_desired(WorkspacePath::new("/src/api").expect("a workspace path"))
}

fn port(number: u16) -> HostPort {
    HostPort::new(number).expect("a port")
}

fn open_session(
    engine: &FakeEngine,
    remote: &FakeRemote,
) -> Result<Connected<FakeConnection>, DriveError> {
    run_ready(drive(engine, remote, &NoWorkspaceStore, &desired(), &IgnoreEvents))
}

/// Opens a session; the server behind the port is that of the container.
fn open_until_done(engine: &FakeEngine, remote: &FakeRemote) -> Connected<FakeConnection> {
    let first = open_session(engine, remote);
    for container in engine.current_containers() {
        if let Some(port) = container.labels.ssh_port() {
            remote.serve(port, &container.id);
        }
    }
    match first {
        Ok(connected) => connected,
        Err(DriveError::Remote(RemoteError::HostKeyMismatch { .. })) => {
            open_session(engine, remote).expect("a session")
        }
        Err(error) => panic!("{error}"),
    }
}

/// Returns a stopped container with files, whose port another program uses.
fn with_port_conflict() -> (FakeEngine, FakeRemote) {
    let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
    let id = open_session(&engine, &remote).expect("a session").container.id;
    engine.write_file_system(&id, FILES);
    run_ready(engine.stop(&id)).expect("it stops");
    engine.take_port(port(2300));
    remote.take_port_after_reservation(port(2300));
    (engine, remote)
}

#[track_caller]
fn check_moved(
    engine: &FakeEngine,
    remote: &FakeRemote,
    connected: &Connected<FakeConnection>,
    at: usize,
) {
    let container = &connected.container;
    assert_eq!(engine.current_containers().len(), 1, "{at}: {:?}", engine.current_containers());
    assert_eq!((container.name.as_str(), container.state), ("api-main", RunState::Running), "{at}");
    assert_ne!(connected.connection.port, port(2300), "{at}");
    assert_eq!(engine.read(&container.id).as_deref(), Some(FILES), "{at}");
    let first = desired().spec(&Observed::default(), &desired().name, port(2300)).labels();
    assert_eq!(container.labels.data_volume(), first.data_volume(), "{at}");
    assert!(engine.installed_key(&container.id).is_some(), "{at}");
    assert_eq!(run_ready(remote.pinned_host_key(port(2300))).expect("an answer"), None, "{at}");
    assert!(
        run_ready(remote.pinned_host_key(connected.connection.port)).expect("an answer").is_some(),
        "{at}"
    );
}

#[test]
fn migration_keeps_files_volumes_and_name() {
    let (engine, remote) = with_port_conflict();
    let connected = open_until_done(&engine, &remote);
    check_moved(&engine, &remote, &connected, 0);
    assert_eq!(connected.connection.port, port(2301));
}

#[test]
fn crash_during_migration_loses_nothing() {
    let calls = {
        let (engine, remote) = with_port_conflict();
        let before = engine.calls().len();
        let _ = open_until_done(&engine, &remote);
        engine.calls().len() - before
    };
    for moment in 0..calls {
        for second in 0..calls {
            let (engine, remote) = with_port_conflict();
            for calls in [moment, second] {
                engine.crash_after(calls);
                let _ = open_session(&engine, &remote);
                engine.recover();
                let requested = desired();
                let fixture = run_ready(observe(&engine, &requested)).expect("an answer");
                assert_eq!(fixture.serving(&desired().workspace).len(), 1, "{moment} {second}");
                let is_kept = |it: &Container| engine.read(&it.id).as_deref() == Some(FILES);
                assert!(engine.current_containers().iter().any(is_kept), "{moment} {second}");
            }
            let connected = open_until_done(&engine, &remote);
            check_moved(&engine, &remote, &connected, moment * 100 + second);
        }
    }
}

#[test]
fn port_of_the_replacement_may_be_taken_too() {
    let (engine, remote) = with_port_conflict();
    engine.take_port(port(2301));
    remote.take_port_after_reservation(port(2301));
    let connected = open_until_done(&engine, &remote);
    check_moved(&engine, &remote, &connected, 0);
}

#[test]
fn changes_after_the_commit_are_kept() {
    for moment in 0..20 {
        let (engine, remote) = with_port_conflict();
        engine.crash_after(moment);
        let _ = open_session(&engine, &remote);
        engine.recover();
        let Some(old) =
            engine.current_containers().into_iter().find(|it| it.labels.replaces().is_none())
        else {
            continue;
        };
        // The port is free again, and the old container is used.
        engine.release_port(port(2300));
        run_ready(engine.start(&old.id)).expect("it starts");
        engine.write_file_system(&old.id, "newer");
        run_ready(engine.stop(&old.id)).expect("it stops");
        let connected = open_until_done(&engine, &remote);
        assert_eq!(engine.read(&connected.container.id).as_deref(), Some("newer"), "{moment}");
        assert_eq!(engine.current_containers().len(), 1, "{moment}");
    }
}

#[test]
fn exhausted_port_range_keeps_the_container() {
    let (engine, remote) = with_port_conflict();
    let id = engine.current_containers()[0].id.clone();
    let ports = PortRange::new(port(2300), port(2300)).expect("a range");
    let narrow = desired().with_ports(ports);
    let refused = run_ready(drive(&engine, &remote, &NoWorkspaceStore, &narrow, &IgnoreEvents))
        .expect_err("no port is free");
    assert!(matches!(refused, DriveError::Remote(RemoteError::NoFreePort { .. })));
    assert_eq!(engine.read(&id).as_deref(), Some(FILES));
}

fn old(state: RunState) -> Container {
    let labels =
        [(label::MANAGED, "true"), (label::WORKSPACE, "/src/api"), (label::SSH_PORT, "2300")];
    Container::new(ContainerId::new("old"), "api-main", state)
        .with_image("base")
        .with_labels(labels.into_iter().collect())
}

fn replacement(state: RunState) -> Container {
    let labels: Labels =
        old(RunState::Exited).labels.for_replacement("old", "then", "api-main", "base");
    let name = "api-main.moving";
    let id = ContainerId::new("new");
    let labels = labels.with_port(port(2301));
    Container::new(id, name, state).with_image("base").with_labels(labels)
}

fn fixture(containers: Vec<Container>, last_start: Option<&str>) -> Observed {
    let last_start = last_start.map(str::to_owned);
    let mut observed = Observed::of(containers);
    observed.last_start = last_start;
    observed
}

#[test]
fn every_pair_has_one_next_step() {
    let (retire, give_up) = (
        Step::RemoveReplaced { id: ContainerId::new("old") },
        Step::RemoveReplacement { id: ContainerId::new("new") },
    );
    let wait = |name: &str, state| Step::Wait { name: name.into(), state };
    let check = |old_state, new_state, start, expected: &Step| {
        let fixture = fixture(vec![old(old_state), replacement(new_state)], start);
        assert_eq!(decide(&fixture, &desired()), *expected, "{old_state} {new_state} {start:?}");
    };
    use RunState::{Created, Dead, Exited, Paused, Removing, Running};
    check(Exited, Created, Some("then"), &retire);
    check(Created, Created, Some("then"), &retire);
    check(Exited, Created, Some("later"), &give_up);
    check(Exited, Created, None, &wait("api-main", Exited));
    check(Running, Created, Some("later"), &give_up);
    check(Paused, Created, Some("later"), &give_up);
    check(Exited, Dead, Some("then"), &give_up);
    check(Exited, Removing, Some("then"), &wait("api-main.moving", Removing));
    check(Removing, Created, None, &wait("api-main", Removing));
    check(Dead, Created, None, &retire);
}

#[test]
fn replacement_alone_takes_the_name() {
    let name = ContainerName::parse("api-main").expect("a name");
    let step = decide(&fixture(vec![replacement(RunState::Created)], None), &desired());
    assert_eq!(step, Step::Rename { id: ContainerId::new("new"), name });
    let mut renamed = replacement(RunState::Running);
    renamed.name = "mine".into();
    let step = decide(&fixture(vec![renamed], None), &desired());
    assert_eq!(step, Step::Connect { id: ContainerId::new("new") });
}

#[test]
fn final_name_is_reserved() {
    let mut fixture = fixture(vec![replacement(RunState::Created)], None);
    fixture.image = Some("base".into());
    let workspace = WorkspacePath::new(Path::new("/elsewhere/api")).expect("a path");
    let mut desired = desired();
    desired.workspace = workspace;
    let step = decide(&fixture, &desired);
    let Step::Create { name } = step else { panic!("no container is made: {step:?}") };
    assert_eq!(name.as_ref(), "api-main-2");
}

#[test]
fn container_that_ran_is_never_a_replacement() {
    for state in [RunState::Running, RunState::Exited, RunState::Paused] {
        let fixture = fixture(vec![old(RunState::Exited), replacement(state)], Some("then"));
        let step = decide(&fixture, &desired());
        assert!(matches!(step, Step::Refuse(Refusal::Ambiguous { .. })), "{state}: {step:?}");
    }
}

#[test]
fn plan_resumes_a_replacement() {
    let fixture =
        fixture(vec![old(RunState::Exited), replacement(RunState::Created)], Some("then"));
    let steps = plan(&fixture, &desired());
    assert!(
        matches!(
            steps.as_slice(),
            [
                Step::RemoveReplaced { .. },
                Step::Rename { .. },
                Step::Provision { .. },
                Step::Start { .. },
                Step::Connect { .. }
            ]
        ),
        "{steps:?}"
    );
}
