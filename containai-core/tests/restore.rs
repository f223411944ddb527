//! An interrupted restore, before a container starts on its volume.

use containai_core::engine::{Container, ContainerId, RunState};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::{
    Desired, IgnoreEvents, Observed, Refusal, Step, decide, drive, finish_restore, plan,
};
use containai_core::naming::{ContainerName, HostPort, WorkspacePath};
use containai_core::testing::{self, FakeEngine, FakeRemote, run_ready};
use containai_core::workspace_store::NoWorkspaceStore;

fn desired() -> Desired {
    let name = ContainerName::parse("api").expect("a name");
    let mut desired =
        testing::sample_desired(WorkspacePath::new("/src/api").expect("a workspace path"));
    desired.name = name;
    desired
}

fn container(name: &str, state: RunState, labels: &[(&str, &str)]) -> Container {
    let labels: Labels = [(label::MANAGED, "true")].iter().chain(labels).copied().collect();
    let id = ContainerId::new(format!("id-of-{name}"));
    Container::new(id, name, state).with_image("base").with_labels(labels)
}

fn api(state: RunState) -> Container {
    let labels =
        [(label::WORKSPACE, "/src/api"), (label::SSH_PORT, "2300"), (label::DATA_VOLUME, "data")];
    container("api", state, &labels)
}

fn helper(state: RunState, volume: &str) -> Container {
    container("helper", state, &[(label::RESTORES, volume)])
}

fn step(containers: Vec<Container>) -> Step {
    decide(&Observed::of(containers), &desired())
}

#[test]
fn interrupted_restore_is_finished_before_a_start() {
    let id = ContainerId::new("id-of-helper");
    for stopped in [RunState::Created, RunState::Exited] {
        for (state, expected) in [
            (RunState::Exited, Step::FinishRestore { id: id.clone() }),
            (RunState::Created, Step::FinishRestore { id: id.clone() }),
            (RunState::Running, Step::Wait { name: "helper".into(), state: RunState::Running }),
            (RunState::Removing, Step::Wait { name: "helper".into(), state: RunState::Removing }),
            (RunState::Dead, Step::Refuse(Refusal::Dead { name: "helper".into() })),
        ] {
            assert_eq!(step(vec![api(stopped), helper(state, "data")]), expected, "{state}");
        }
        let other = step(vec![api(stopped), helper(RunState::Exited, "other")]);
        assert_eq!(other, Step::Provision { id: ContainerId::new("id-of-api") });
    }
    // A running container is not affected.
    let running = step(vec![api(RunState::Running), helper(RunState::Exited, "data")]);
    assert_eq!(running, Step::Connect { id: ContainerId::new("id-of-api") });
}

#[test]
fn labels_of_foreign_containers_are_ignored() {
    let mut stranger = helper(RunState::Exited, "data");
    stranger.labels = [(label::RESTORES, "data")].into_iter().collect();
    let step = step(vec![api(RunState::Exited), stranger]);
    assert_eq!(step, Step::Provision { id: ContainerId::new("id-of-api") });
}

#[test]
fn next_run_recovers_from_any_crash() {
    for state in [RunState::Created, RunState::Exited] {
        for calls in 0.. {
            let engine = FakeEngine::new()
                .with_container(api(RunState::Exited))
                .with_container(helper(state, "data"));
            let remote = FakeRemote::new();
            let port = HostPort::new(2300).expect("a port");
            remote.serve(port, &ContainerId::new("id-of-api"));
            engine.crash_after(calls);
            let first =
                run_ready(drive(&engine, &remote, &NoWorkspaceStore, &desired(), &IgnoreEvents));
            engine.recover();
            let connected =
                run_ready(drive(&engine, &remote, &NoWorkspaceStore, &desired(), &IgnoreEvents));
            assert!(connected.is_ok(), "{state} after {calls} calls: {connected:?}");
            let names: Vec<_> = engine.current_containers().into_iter().map(|it| it.name).collect();
            assert_eq!(names, ["api"]);
            if first.is_ok() {
                assert!(calls > 3, "{state}: {calls} calls are too few");
                break;
            }
        }
    }
}

#[test]
fn waits_for_helpers_that_start_or_exit() {
    for state in [RunState::Created, RunState::Running] {
        let helper = helper(state, "data");
        let engine = FakeEngine::new().with_container(helper.clone());
        engine.start_concurrently(&helper.id);
        run_ready(finish_restore(&engine, &helper)).expect("it ends");
        assert_eq!(engine.current_containers(), []);
    }
}

#[test]
fn helpers_removed_by_others_are_no_error() {
    for state in [RunState::Created, RunState::Exited, RunState::Running] {
        let helper = helper(state, "data");
        run_ready(finish_restore(&FakeEngine::new(), &helper)).expect("nothing is left to do");
    }
}

#[test]
fn plan_contains_the_restore() {
    let containers = vec![api(RunState::Exited), helper(RunState::Exited, "data")];
    let steps = plan(&Observed::of(containers), &desired());
    assert!(matches!(
        &steps[..],
        [
            Step::FinishRestore { .. },
            Step::Provision { .. },
            Step::Start { .. },
            Step::Connect { .. }
        ]
    ));
}
