//! Stops on the test doubles: every state, and a crash at every call.

use containai_core::engine::{Container, ContainerId, EngineError, RunState};
use containai_core::fake::{FakeEngine, FakeRemote, run};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::{
    DriveError, Exports, Fate, NoExports, Observed, Refusal, StopStep, halt, plan_stop,
};
use containai_core::naming::HostPort;
use containai_core::remote::Remote as _;

fn container(name: &str, state: RunState) -> Container {
    let labels = [(label::MANAGED, "true"), (label::WORKSPACE, "/w"), (label::SSH_PORT, "2300")];
    Container {
        id: ContainerId::new(format!("id-of-{name}")),
        name: name.into(),
        state,
        status: String::new(),
        image: "base".into(),
        labels: labels.into_iter().collect(),
    }
}

fn successor_of(old: &Container) -> Container {
    let mut labels: Labels = old.labels.succeeded(old.id.as_ref(), "1", &old.name, "base");
    labels = labels.with_port(HostPort::new(2301).expect("a port"));
    Container { labels, ..container("next", RunState::Created) }
}

fn words(steps: &[StopStep]) -> String {
    let word = |step: &StopStep| match step {
        StopStep::Settle { state } => format!("wait:{state}"),
        StopStep::Unpause => "unpause".to_owned(),
        StopStep::Stop => "stop".to_owned(),
        StopStep::Export { file } => format!("export:{}", file.display()),
        StopStep::RemoveSuccessor { id } => format!("replacement:{id}"),
        StopStep::Forget { name, port } => format!("unregister:{name}:{port}"),
        StopStep::Remove => "remove".to_owned(),
        step => format!("{step:?}"),
    };
    steps.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_state_has_its_steps() {
    let table = RunState::ALL.map(|state| {
        let observed =
            Observed { containers: vec![container("api", state)], ..Observed::default() };
        let steps = |fate| {
            let halts = plan_stop(&observed, &[ContainerId::new("id-of-api")], fate, None);
            words(&halts.expect("it is ours")[0].steps)
        };
        format!("{state}: {} | {}", steps(Fate::Stopped), steps(Fate::Removed))
    });
    insta::assert_snapshot!(table.join("\n"), @r"
    created:  | unregister:api:2300 remove
    running: stop | stop unregister:api:2300 remove
    paused: unpause stop | unpause stop unregister:api:2300 remove
    restarting: stop | stop unregister:api:2300 remove
    removing: wait:removing | wait:removing unregister:api:2300 remove
    exited:  | unregister:api:2300 remove
    dead:  | unregister:api:2300 remove
    ");
}

/// A killed run has requested a start that the engine still executes.
#[test]
fn what_is_about_to_run_does_not() {
    for (fate, left) in [(Fate::Stopped, vec![RunState::Exited]), (Fate::Removed, Vec::new())] {
        for state in [RunState::Created, RunState::Exited] {
            let engine = FakeEngine::new().with_container(container("api", state));
            let containers = engine.snapshot();
            let id = containers[0].id.clone();
            let observed = Observed { containers, ..Observed::default() };
            let halts = plan_stop(&observed, std::slice::from_ref(&id), fate, None);
            engine.start_secretly(&id);
            let halts = halts.expect("it is ours");
            run(halt(&engine, &FakeRemote::new(), &NoExports, &halts[0])).expect("it stops");
            let states: Vec<_> = engine.snapshot().iter().map(|it| it.state).collect();
            assert_eq!(states, left, "{state}");
        }
    }
}

#[test]
fn an_export_comes_after_the_stop_and_before_any_removal() {
    let file = std::path::Path::new("/x.tgz");
    let steps = |state, fate| {
        let observed =
            Observed { containers: vec![container("api", state)], ..Observed::default() };
        let halts = plan_stop(&observed, &[ContainerId::new("id-of-api")], fate, Some(file));
        words(&halts.expect("it is ours")[0].steps)
    };
    assert_eq!(steps(RunState::Running, Fate::Stopped), "stop export:/x.tgz");
    let removed = steps(RunState::Paused, Fate::Removed);
    assert_eq!(removed, "unpause stop export:/x.tgz unregister:api:2300 remove");
    assert_eq!(steps(RunState::Exited, Fate::Stopped), "export:/x.tgz");
}

#[derive(Debug, Eq, PartialEq)]
struct Failure(String);

impl From<DriveError> for Failure {
    fn from(error: DriveError) -> Self {
        Self(error.to_string())
    }
}

/// A full disk.
struct Full;

impl Exports for Full {
    type Error = Failure;

    async fn export(&self, _: &Container, _: &std::path::Path) -> Result<(), Failure> {
        Err(Failure("full".into()))
    }
}

#[test]
fn nothing_is_removed_when_the_export_fails() {
    let engine = FakeEngine::new().with_container(container("api", RunState::Running));
    let remote = FakeRemote::new();
    let observed = Observed { containers: engine.snapshot(), ..Observed::default() };
    let file = Some(std::path::Path::new("/x.tgz"));
    let ids = [ContainerId::new("id-of-api")];
    let halts = plan_stop(&observed, &ids, Fate::Removed, file).expect("it is ours");
    let outcome = run(halt(&engine, &remote, &Full, &halts[0]));
    assert_eq!(outcome, Err(Failure("full".into())));
    assert_eq!(engine.snapshot()[0].state, RunState::Exited);
}

#[test]
fn nothing_is_planned_beside_a_foreign_container() {
    let foreign = Container { labels: Labels::default(), ..container("db", RunState::Running) };
    let containers = vec![container("api", RunState::Running), foreign];
    let ids: Vec<_> = containers.iter().map(|it| it.id.clone()).collect();
    let observed = Observed { containers, ..Observed::default() };
    let refused = plan_stop(&observed, &ids, Fate::Stopped, None);
    assert_eq!(refused, Err(Refusal::NotOurs { name: "db".into() }));
}

#[test]
fn a_successor_goes_with_its_container() {
    let old = container("api", RunState::Exited);
    let containers = vec![old.clone(), successor_of(&old)];
    let observed = Observed { containers, ..Observed::default() };
    let halts = plan_stop(&observed, &[old.id], Fate::Removed, None).expect("it is ours");
    assert_eq!(words(&halts[0].steps), "replacement:id-of-next unregister:api:2300 remove");
}

#[test]
fn only_what_stops_ends_work() {
    let check = |state, expected| {
        let observed =
            Observed { containers: vec![container("api", state)], ..Observed::default() };
        let halts = plan_stop(&observed, &[ContainerId::new("id-of-api")], Fate::Removed, None);
        assert_eq!(halts.expect("it is ours")[0].ends_work(), expected, "{state}");
    };
    check(RunState::Running, true);
    check(RunState::Exited, false);
}

/// Plans and executes a stop, as the command does.
fn stop_all(engine: &FakeEngine, remote: &FakeRemote, fate: Fate) -> Result<(), String> {
    let containers = run(containai_core::engine::Engine::containers(engine))
        .map_err(|error: EngineError| error.to_string())?;
    let ids: Vec<_> = containers.iter().map(|it| it.id.clone()).collect();
    let observed = Observed { containers, ..Observed::default() };
    for each in plan_stop(&observed, &ids, fate, None).map_err(|error| error.to_string())? {
        run(halt(engine, remote, &NoExports, &each)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

#[test]
fn whoever_dies_on_the_way_is_made_up_for() {
    for state in [RunState::Running, RunState::Paused, RunState::Exited, RunState::Dead] {
        for calls in 0.. {
            let old = container("api", state);
            let engine = FakeEngine::new().with_container(old.clone());
            let engine = engine.with_container(successor_of(&old));
            let remote = FakeRemote::new();
            let port = HostPort::new(2300).expect("a port");
            remote.pin_stale(port, &old.id);
            engine.crash_after(calls);
            let first = stop_all(&engine, &remote, Fate::Removed);
            engine.recover();
            stop_all(&engine, &remote, Fate::Removed).expect("nothing is in the way now");
            assert_eq!(engine.snapshot(), [], "{state} after {calls} calls");
            assert_eq!(run(remote.pinned(port)).expect("a file"), None, "{state} {calls}");
            if first.is_ok() {
                assert!(calls > 3, "{state}: {calls} calls are too few");
                break;
            }
        }
    }
}

#[test]
fn what_has_stopped_stays_where_it_is() {
    let engine = FakeEngine::new().with_container(container("api", RunState::Running));
    let remote = FakeRemote::new();
    for _ in 0..2 {
        stop_all(&engine, &remote, Fate::Stopped).expect("nothing is in the way");
        assert_eq!(engine.snapshot()[0].state, RunState::Exited);
    }
}
