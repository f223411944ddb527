//! An interrupted restore, before a container starts on its volume.

use containai_core::engine::{Container, ContainerId, RunState};
use containai_core::fake::{self, FakeEngine, FakeRemote, run};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::{
    Desired, Observed, Refusal, Silent, Step, decide, drive, finish_restore, plan,
};
use containai_core::naming::{ContainerName, HostPort, WorkspacePath};
use containai_core::records::NoRecords;

fn desired() -> Desired {
    let name = ContainerName::parse("api").expect("a name");
    Desired { name, ..fake::desired(WorkspacePath::new("/src/api").expect("a workspace path")) }
}

fn container(name: &str, state: RunState, labels: &[(&str, &str)]) -> Container {
    let labels: Labels = [(label::MANAGED, "true")].iter().chain(labels).copied().collect();
    let id = ContainerId::new(format!("id-of-{name}"));
    Container { id, name: name.into(), state, status: String::new(), image: "base".into(), labels }
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
    decide(&Observed { containers, ..Observed::default() }, &desired())
}

#[test]
fn no_container_starts_on_a_volume_that_is_half_restored() {
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
        assert_eq!(other, Step::InstallKey { id: ContainerId::new("id-of-api") });
    }
    // A running container is not affected.
    let running = step(vec![api(RunState::Running), helper(RunState::Exited, "data")]);
    assert_eq!(running, Step::Reach { id: ContainerId::new("id-of-api") });
}

#[test]
fn a_label_of_a_stranger_is_not_believed() {
    let mut stranger = helper(RunState::Exited, "data");
    stranger.labels = [(label::RESTORES, "data")].into_iter().collect();
    let step = step(vec![api(RunState::Exited), stranger]);
    assert_eq!(step, Step::InstallKey { id: ContainerId::new("id-of-api") });
}

#[test]
fn the_next_run_goes_on_from_any_crash() {
    for state in [RunState::Created, RunState::Exited] {
        for calls in 0.. {
            let engine = FakeEngine::new()
                .with_container(api(RunState::Exited))
                .with_container(helper(state, "data"));
            let remote = FakeRemote::new();
            let port = HostPort::new(2300).expect("a port");
            remote.put_behind(port, &ContainerId::new("id-of-api"));
            engine.crash_after(calls);
            let first = run(drive(&engine, &remote, &NoRecords, &desired(), &Silent));
            engine.recover();
            let reached = run(drive(&engine, &remote, &NoRecords, &desired(), &Silent));
            assert!(reached.is_ok(), "{state} after {calls} calls: {reached:?}");
            let names: Vec<_> = engine.snapshot().into_iter().map(|it| it.name).collect();
            assert_eq!(names, ["api"]);
            if first.is_ok() {
                assert!(calls > 3, "{state}: {calls} calls are too few");
                break;
            }
        }
    }
}

#[test]
fn a_helper_that_is_about_to_start_or_at_its_end_is_waited_for() {
    for state in [RunState::Created, RunState::Running] {
        let helper = helper(state, "data");
        let engine = FakeEngine::new().with_container(helper.clone());
        engine.start_secretly(&helper.id);
        run(finish_restore(&engine, &helper)).expect("it ends");
        assert_eq!(engine.snapshot(), []);
    }
}

#[test]
fn a_helper_that_somebody_else_finished_is_no_error() {
    for state in [RunState::Created, RunState::Exited, RunState::Running] {
        let helper = helper(state, "data");
        run(finish_restore(&FakeEngine::new(), &helper)).expect("nothing is left to do");
    }
}

#[test]
fn the_plan_shows_it() {
    let containers = vec![api(RunState::Exited), helper(RunState::Exited, "data")];
    let steps = plan(&Observed { containers, ..Observed::default() }, &desired());
    assert!(matches!(
        &steps[..],
        [
            Step::FinishRestore { .. },
            Step::InstallKey { .. },
            Step::Start { .. },
            Step::Reach { .. }
        ]
    ));
}
