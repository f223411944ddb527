//! Stops on the test doubles: every state, and a crash at every call.

use containai_core::engine::{Container, ContainerId, EngineError, RunState};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::{
    DriveError, NoVolumeExporter, Observed, Refusal, StopMode, StopStep, VolumeExporter,
    execute_stop, plan_stop,
};
use containai_core::naming::HostPort;
use containai_core::remote::Remote as _;
use containai_core::testing::{FakeEngine, FakeRemote, run_ready};

fn container(name: &str, state: RunState) -> Container {
    let labels = [(label::MANAGED, "true"), (label::WORKSPACE, "/w"), (label::SSH_PORT, "2300")];
    Container::new(ContainerId::new(format!("id-of-{name}")), name, state)
        .with_image("base")
        .with_labels(labels.into_iter().collect())
}

fn replacement_of(old: &Container) -> Container {
    let mut labels: Labels = old.labels.for_replacement(old.id.as_ref(), "1", &old.name, "base");
    labels = labels.with_port(HostPort::new(2301).expect("a port"));
    container("next", RunState::Created).with_labels(labels)
}

fn words(steps: &[StopStep]) -> String {
    let word = |step: &StopStep| match step {
        StopStep::WaitTransition { state } => format!("wait:{state}"),
        StopStep::Unpause => "unpause".to_owned(),
        StopStep::Stop => "stop".to_owned(),
        StopStep::Export { file } => format!("export:{}", file.display()),
        StopStep::RemoveReplacement { id } => format!("replacement:{id}"),
        StopStep::Unregister { name, port } => format!("unregister:{name}:{port}"),
        StopStep::Remove => "remove".to_owned(),
        step => format!("{step:?}"),
    };
    steps.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_state_has_its_steps() {
    let table = RunState::ALL.map(|state| {
        let observed = Observed::of(vec![container("api", state)]);
        let steps = |fate| {
            let halts = plan_stop(&observed, &[ContainerId::new("id-of-api")], fate, None);
            words(&halts.expect("it is ours")[0].steps)
        };
        format!("{state}: {} | {}", steps(StopMode::Stop), steps(StopMode::Remove))
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
fn container_about_to_start_is_stopped() {
    for (fate, left) in [(StopMode::Stop, vec![RunState::Exited]), (StopMode::Remove, Vec::new())] {
        for state in [RunState::Created, RunState::Exited] {
            let engine = FakeEngine::new().with_container(container("api", state));
            let containers = engine.current_containers();
            let id = containers[0].id.clone();
            let observed = Observed::of(containers);
            let halts = plan_stop(&observed, std::slice::from_ref(&id), fate, None);
            engine.start_concurrently(&id);
            let halts = halts.expect("it is ours");
            run_ready(execute_stop(&engine, &FakeRemote::new(), &NoVolumeExporter, &halts[0]))
                .expect("it stops");
            let states: Vec<_> = engine.current_containers().iter().map(|it| it.state).collect();
            assert_eq!(states, left, "{state}");
        }
    }
}

#[test]
fn export_runs_between_stop_and_remove() {
    let file = std::path::Path::new("/x.tgz");
    let steps = |state, fate| {
        let observed = Observed::of(vec![container("api", state)]);
        let halts = plan_stop(&observed, &[ContainerId::new("id-of-api")], fate, Some(file));
        words(&halts.expect("it is ours")[0].steps)
    };
    assert_eq!(steps(RunState::Running, StopMode::Stop), "stop export:/x.tgz");
    let removed = steps(RunState::Paused, StopMode::Remove);
    assert_eq!(removed, "unpause stop export:/x.tgz unregister:api:2300 remove");
    assert_eq!(steps(RunState::Exited, StopMode::Stop), "export:/x.tgz");
}

#[derive(Debug, Eq, PartialEq)]
struct Failure(String);

impl From<DriveError> for Failure {
    fn from(error: DriveError) -> Self {
        Self(error.to_string())
    }
}

/// A full disk.
struct FullDisk;

impl VolumeExporter for FullDisk {
    type Error = Failure;

    async fn export(&self, _: &Container, _: &std::path::Path) -> Result<(), Failure> {
        Err(Failure("full".into()))
    }
}

#[test]
fn nothing_is_removed_when_the_export_fails() {
    let engine = FakeEngine::new().with_container(container("api", RunState::Running));
    let remote = FakeRemote::new();
    let observed = Observed::of(engine.current_containers());
    let file = Some(std::path::Path::new("/x.tgz"));
    let ids = [ContainerId::new("id-of-api")];
    let halts = plan_stop(&observed, &ids, StopMode::Remove, file).expect("it is ours");
    let outcome = run_ready(execute_stop(&engine, &remote, &FullDisk, &halts[0]));
    assert_eq!(outcome, Err(Failure("full".into())));
    assert_eq!(engine.current_containers()[0].state, RunState::Exited);
}

#[test]
fn foreign_container_refuses_the_whole_plan() {
    let foreign = container("db", RunState::Running).with_labels(Labels::default());
    let containers = vec![container("api", RunState::Running), foreign];
    let ids: Vec<_> = containers.iter().map(|it| it.id.clone()).collect();
    let observed = Observed::of(containers);
    let refused = plan_stop(&observed, &ids, StopMode::Stop, None);
    assert_eq!(refused, Err(Refusal::NotManaged { name: "db".into() }));
}

#[test]
fn replacement_is_removed_with_its_container() {
    let old = container("api", RunState::Exited);
    let containers = vec![old.clone(), replacement_of(&old)];
    let observed = Observed::of(containers);
    let halts = plan_stop(&observed, &[old.id], StopMode::Remove, None).expect("it is ours");
    assert_eq!(words(&halts[0].steps), "replacement:id-of-next unregister:api:2300 remove");
}

#[test]
fn only_a_stop_ends_sessions() {
    let check = |state, expected| {
        let observed = Observed::of(vec![container("api", state)]);
        let halts = plan_stop(&observed, &[ContainerId::new("id-of-api")], StopMode::Remove, None);
        assert_eq!(halts.expect("it is ours")[0].ends_sessions(), expected, "{state}");
    };
    check(RunState::Running, true);
    check(RunState::Exited, false);
}

/// Plans and executes a stop, as the command does.
fn stop_all(engine: &FakeEngine, remote: &FakeRemote, fate: StopMode) -> Result<(), String> {
    let containers = run_ready(containai_core::engine::Engine::containers(engine))
        .map_err(|error: EngineError| error.to_string())?;
    let ids: Vec<_> = containers.iter().map(|it| it.id.clone()).collect();
    let observed = Observed::of(containers);
    for each in plan_stop(&observed, &ids, fate, None).map_err(|error| error.to_string())? {
        run_ready(execute_stop(engine, remote, &NoVolumeExporter, &each))
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

#[test]
fn next_run_recovers_from_any_crash() {
    for state in [RunState::Running, RunState::Paused, RunState::Exited, RunState::Dead] {
        for calls in 0.. {
            let old = container("api", state);
            let engine = FakeEngine::new().with_container(old.clone());
            let engine = engine.with_container(replacement_of(&old));
            let remote = FakeRemote::new();
            let port = HostPort::new(2300).expect("a port");
            remote.pin_stale(port, &old.id);
            engine.crash_after(calls);
            let first = stop_all(&engine, &remote, StopMode::Remove);
            engine.recover();
            stop_all(&engine, &remote, StopMode::Remove).expect("nothing is in the way now");
            assert_eq!(engine.current_containers(), [], "{state} after {calls} calls");
            assert_eq!(
                run_ready(remote.pinned_host_key(port)).expect("a file"),
                None,
                "{state} {calls}"
            );
            if first.is_ok() {
                assert!(calls > 3, "{state}: {calls} calls are too few");
                break;
            }
        }
    }
}

#[test]
fn stopped_containers_are_kept() {
    let engine = FakeEngine::new().with_container(container("api", RunState::Running));
    let remote = FakeRemote::new();
    for _ in 0..2 {
        stop_all(&engine, &remote, StopMode::Stop).expect("nothing is in the way");
        assert_eq!(engine.current_containers()[0].state, RunState::Exited);
    }
}
