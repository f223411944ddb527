//! Migration of a stopped container whose port is in use, with a crash at every call and
//! concurrent changes.

use std::path::Path;

use containai_core::engine::{Container, ContainerId, Engine as _, RunState};
use containai_core::fake::{self, FakeEngine, FakeRemote, FakeSession, run};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::{
    Desired, DriveError, Observed, Reached, Refusal, Silent, Step, decide, drive, observe, plan,
};
use containai_core::naming::{ContainerName, HostPort, PortRange, WorkspacePath};
use containai_core::records::NoRecords;
use containai_core::remote::{Remote as _, RemoteError};

const FILES: &str = "what the user wrote";

fn desired() -> Desired {
    fake::desired(WorkspacePath::new("/src/api").expect("a workspace path"))
}

fn port(number: u16) -> HostPort {
    HostPort::new(number).expect("a port")
}

fn enter(engine: &FakeEngine, remote: &FakeRemote) -> Result<Reached<FakeSession>, DriveError> {
    run(drive(engine, remote, &NoRecords, &desired(), &Silent))
}

/// Opens a session; the server behind the port is that of the container.
fn arrive(engine: &FakeEngine, remote: &FakeRemote) -> Reached<FakeSession> {
    let first = enter(engine, remote);
    for container in engine.snapshot() {
        if let Some(port) = container.labels.ssh_port() {
            remote.put_behind(port, &container.id);
        }
    }
    match first {
        Ok(reached) => reached,
        Err(DriveError::Remote(RemoteError::HostKeyMismatch { .. })) => {
            enter(engine, remote).expect("a session")
        }
        Err(error) => panic!("{error}"),
    }
}

/// Returns a stopped container with files, whose port another program uses.
fn stolen() -> (FakeEngine, FakeRemote) {
    let (engine, remote) = (FakeEngine::new(), FakeRemote::new());
    let id = enter(&engine, &remote).expect("a session").container.id;
    engine.write(&id, FILES);
    run(engine.stop(&id)).expect("it stops");
    engine.steal_port(port(2300));
    remote.let_rival_take(port(2300));
    (engine, remote)
}

#[track_caller]
fn check_moved(
    engine: &FakeEngine,
    remote: &FakeRemote,
    reached: &Reached<FakeSession>,
    at: usize,
) {
    let container = &reached.container;
    assert_eq!(engine.snapshot().len(), 1, "{at}: {:?}", engine.snapshot());
    assert_eq!((container.name.as_str(), container.state), ("api-main", RunState::Running), "{at}");
    assert_ne!(reached.session.port, port(2300), "{at}");
    assert_eq!(engine.read(&container.id).as_deref(), Some(FILES), "{at}");
    let first = desired().spec(&Observed::default(), &desired().name, port(2300)).labels();
    assert_eq!(container.labels.data_volume(), first.data_volume(), "{at}");
    assert!(engine.installed_key(&container.id).is_some(), "{at}");
    assert_eq!(run(remote.pinned(port(2300))).expect("an answer"), None, "{at}");
    assert!(run(remote.pinned(reached.session.port)).expect("an answer").is_some(), "{at}");
}

#[test]
fn container_moves_with_its_files_volumes_and_name() {
    let (engine, remote) = stolen();
    let reached = arrive(&engine, &remote);
    check_moved(&engine, &remote, &reached, 0);
    assert_eq!(reached.session.port, port(2301));
}

#[test]
fn dying_at_any_moment_of_a_move_loses_nothing() {
    let calls = {
        let (engine, remote) = stolen();
        let before = engine.calls().len();
        let _ = arrive(&engine, &remote);
        engine.calls().len() - before
    };
    for moment in 0..calls {
        for second in 0..calls {
            let (engine, remote) = stolen();
            for calls in [moment, second] {
                engine.crash_after(calls);
                let _ = enter(&engine, &remote);
                engine.recover();
                let wanted = desired();
                let world = run(observe(&engine, &wanted)).expect("an answer");
                assert_eq!(world.serving(&desired().workspace).len(), 1, "{moment} {second}");
                let is_kept = |it: &Container| engine.read(&it.id).as_deref() == Some(FILES);
                assert!(engine.snapshot().iter().any(is_kept), "{moment} {second}");
            }
            let reached = arrive(&engine, &remote);
            check_moved(&engine, &remote, &reached, moment * 100 + second);
        }
    }
}

#[test]
fn port_of_the_successor_may_be_stolen_too() {
    let (engine, remote) = stolen();
    engine.steal_port(port(2301));
    remote.let_rival_take(port(2301));
    let reached = arrive(&engine, &remote);
    check_moved(&engine, &remote, &reached, 0);
}

#[test]
fn work_done_after_the_files_were_kept_is_not_lost() {
    for moment in 0..20 {
        let (engine, remote) = stolen();
        engine.crash_after(moment);
        let _ = enter(&engine, &remote);
        engine.recover();
        let Some(old) = engine.snapshot().into_iter().find(|it| it.labels.replaces().is_none())
        else {
            continue;
        };
        // The port is free again, and the old container is used.
        engine.free_port(port(2300));
        run(engine.start(&old.id)).expect("it starts");
        engine.write(&old.id, "newer");
        run(engine.stop(&old.id)).expect("it stops");
        let reached = arrive(&engine, &remote);
        assert_eq!(engine.read(&reached.container.id).as_deref(), Some("newer"), "{moment}");
        assert_eq!(engine.snapshot().len(), 1, "{moment}");
    }
}

#[test]
fn exhausted_range_keeps_the_container() {
    let (engine, remote) = stolen();
    let id = engine.snapshot()[0].id.clone();
    let ports = PortRange::new(port(2300), port(2300)).expect("a range");
    let narrow = Desired { ports, ..desired() };
    let refused =
        run(drive(&engine, &remote, &NoRecords, &narrow, &Silent)).expect_err("no port is free");
    assert!(matches!(refused, DriveError::Remote(RemoteError::NoFreePort { .. })));
    assert_eq!(engine.read(&id).as_deref(), Some(FILES));
}

fn old(state: RunState) -> Container {
    let labels =
        [(label::MANAGED, "true"), (label::WORKSPACE, "/src/api"), (label::SSH_PORT, "2300")];
    Container {
        id: ContainerId::new("old"),
        name: "api-main".into(),
        state,
        status: String::new(),
        image: "base".into(),
        labels: labels.into_iter().collect(),
    }
}

fn successor(state: RunState) -> Container {
    let labels: Labels = old(RunState::Exited).labels.succeeded("old", "then", "api-main", "base");
    let name = "api-main.moving".into();
    let id = ContainerId::new("new");
    Container { id, name, labels: labels.with_port(port(2301)), ..old(state) }
}

fn world(containers: Vec<Container>, last_start: Option<&str>) -> Observed {
    let last_start = last_start.map(str::to_owned);
    Observed { containers, last_start, ..Observed::default() }
}

#[test]
fn every_pair_has_one_next_step() {
    let (retire, give_up) = (
        Step::Retire { id: ContainerId::new("old") },
        Step::GiveUp { id: ContainerId::new("new") },
    );
    let wait = |name: &str, state| Step::Wait { name: name.into(), state };
    let check = |old_state, new_state, start, expected: &Step| {
        let world = world(vec![old(old_state), successor(new_state)], start);
        assert_eq!(decide(&world, &desired()), *expected, "{old_state} {new_state} {start:?}");
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
fn successor_alone_takes_the_name() {
    let name = ContainerName::parse("api-main").expect("a name");
    let step = decide(&world(vec![successor(RunState::Created)], None), &desired());
    assert_eq!(step, Step::Rename { id: ContainerId::new("new"), name });
    let renamed = Container { name: "mine".into(), ..successor(RunState::Running) };
    let step = decide(&world(vec![renamed], None), &desired());
    assert_eq!(step, Step::Reach { id: ContainerId::new("new") });
}

#[test]
fn promised_name_is_kept_from_others() {
    let mut world = world(vec![successor(RunState::Created)], None);
    world.image = Some("base".into());
    let workspace = WorkspacePath::new(Path::new("/elsewhere/api")).expect("a path");
    let step = decide(&world, &Desired { workspace, ..desired() });
    let Step::Create { name } = step else { panic!("no container is made: {step:?}") };
    assert_eq!(name.as_ref(), "api-main-2");
}

#[test]
fn container_that_ran_is_never_taken_for_a_successor() {
    for state in [RunState::Running, RunState::Exited, RunState::Paused] {
        let world = world(vec![old(RunState::Exited), successor(state)], Some("then"));
        let step = decide(&world, &desired());
        assert!(matches!(step, Step::Refuse(Refusal::Ambiguous { .. })), "{state}: {step:?}");
    }
}

#[test]
fn plan_goes_on_from_a_pair() {
    let world = world(vec![old(RunState::Exited), successor(RunState::Created)], Some("then"));
    let steps = plan(&world, &desired());
    assert!(
        matches!(
            steps.as_slice(),
            [
                Step::Retire { .. },
                Step::Rename { .. },
                Step::InstallKey { .. },
                Step::Start { .. },
                Step::Reach { .. }
            ]
        ),
        "{steps:?}"
    );
}
