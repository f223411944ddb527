//! Recreated containers, with the previous or a new data volume, and ephemeral
//! containers: plans, runs, and a crash at every call.

mod agreement;

use std::path::Path;
use std::sync::Mutex;

use containai_core::engine::{Container, ContainerId, Lifetime, RunState};
use containai_core::hint::Advice as _;
use containai_core::label::{self, Labels};
use containai_core::lifecycle::{
    Connected, Desired, DriveError, Event, EventListener, IgnoreEvents, Refusal, RunOptions, Step,
    StepListener, Strength, drive, observe, plan, teardown_ephemeral,
};
use containai_core::naming::{ContainerName, VolumeName, WorkspacePath};
use containai_core::testing::{
    self, FakeConnection, FakeEngine, FakeRemote, FakeWorkspaceStore, run_ready,
};

fn workspace() -> WorkspacePath {
    WorkspacePath::new(Path::new("/src/api")).expect("a workspace path")
}

fn volume(name: &str) -> VolumeName {
    VolumeName::parse(name).expect("a volume name")
}

fn desired(run_options: RunOptions) -> Desired {
    testing::sample_desired(workspace()).with_options(run_options)
}

fn fresh(of: &Container) -> Desired {
    desired(RunOptions::default().with_recreate(Some(of.id.clone())))
}

fn reset(of: &Container, to: &str) -> Desired {
    let mut desired = fresh(of);
    desired.data_volume = Some(volume(to));
    desired.options.data_volume = Strength::Required;
    desired
}

fn ephemeral() -> Desired {
    desired(RunOptions::default().with_lifetime(Lifetime::Session))
}

fn container(name: &str, labels: &[(&str, &str)], state: RunState) -> Container {
    let id = ContainerId::new(format!("id-of-{name}"));
    let labels: Labels = labels.iter().copied().collect();
    Container::new(id, name, state).with_image("base").with_labels(labels)
}

fn ours(name: &str, state: RunState) -> Container {
    let labels = [
        (label::MANAGED, "true"),
        (label::WORKSPACE, "/src/api"),
        (label::SSH_PORT, "2300"),
        (label::DATA_VOLUME, "chosen-by-hand"),
    ];
    container(name, &labels, state)
}

/// The executed steps, in order.
#[derive(Default)]
struct Steps(Mutex<Vec<Step>>);

impl EventListener for Steps {
    fn on_event(&self, _: Event<'_>) {}
}

impl StepListener for Steps {
    fn on_step(&self, step: &Step) {
        self.0.lock().expect("no listener panics").push(step.clone());
    }
}

fn open_session(
    engine: &FakeEngine,
    records: &FakeWorkspaceStore,
    desired: &Desired,
    events: &dyn StepListener,
) -> Result<Connected<FakeConnection>, DriveError> {
    // The server behind every port is that of the first container; other tests cover the
    // rest.
    run_ready(drive(engine, &FakeRemote::new(), records, desired, events))
}

/// A step without IDs, which differ between plan and engine.
fn words(step: &Step) -> String {
    match step {
        Step::EnsureImage => "ensure image".to_owned(),
        Step::Create { name } => format!("create {name}"),
        Step::Provision { .. } => "provision".to_owned(),
        Step::Recreate { name, .. } => format!("recreate as {name}"),
        Step::CreateReplacement { name, .. } => format!("create replacement {name}"),
        Step::RemoveReplaced { .. } => "remove replaced".to_owned(),
        Step::RemoveReplacement { .. } => "remove replacement".to_owned(),
        Step::Rename { name, .. } => format!("rename {name}"),
        Step::RecordDataVolume { volume } => format!("record {volume}"),
        Step::RemoveEphemeral { .. } => "remove ephemeral".to_owned(),
        Step::Connect { .. } => "connect".to_owned(),
        Step::Wait { name, state } => format!("wait {name} {state}"),
        Step::Refuse(refusal) => format!("refuse {refusal}"),
        step => format!("{step:?}").split(' ').next().unwrap_or_default().to_lowercase(),
    }
}

fn planned(engine: &FakeEngine, desired: &Desired) -> Vec<String> {
    let observed = run_ready(observe(engine, desired)).expect("the engine answers");
    plan(&observed, desired).iter().map(words).collect()
}

#[test]
fn fresh_removes_the_old_container_last() {
    let old = ours("api-main", RunState::Running);
    let engine = FakeEngine::new().with_container(old.clone());
    insta::assert_snapshot!(planned(&engine, &fresh(&old)).join("\n"), @r"
    ensure image
    stop
    recreate as api-main.moving
    remove replaced
    rename api-main
    provision
    start
    connect
    ");
}

#[test]
fn reset_records_the_volume_after_removing_the_old_container() {
    let old = ours("api-main", RunState::Exited);
    let engine = FakeEngine::new().with_container(old.clone());
    insta::assert_snapshot!(planned(&engine, &reset(&old, "new")).join("\n"), @r"
    ensure image
    recreate as api-main.moving
    remove replaced
    record new
    rename api-main
    provision
    start
    connect
    ");
}

#[test]
fn ephemeral_container_is_removed_after_the_session() {
    insta::assert_snapshot!(planned(&FakeEngine::new(), &ephemeral()).join("\n"), @r"
    ensure image
    create api-main
    provision
    start
    connect
    stop
    remove ephemeral
    ");
}

#[test]
fn crash_during_fresh_keeps_all_volumes() {
    let old = ours("api-main", RunState::Running);
    for moment in 0..40 {
        let engine = FakeEngine::new().with_container(old.clone());
        let records = FakeWorkspaceStore::new();
        engine.crash_after(moment);
        let died = open_session(&engine, &records, &fresh(&old), &IgnoreEvents);
        engine.recover();
        // The next run uses the default options.
        let next = open_session(&engine, &records, &desired(RunOptions::default()), &IgnoreEvents);
        let containers = engine.current_containers();
        assert_eq!(containers.len(), 1, "{moment}: {containers:#?}");
        let [left] = &containers[..] else { panic!("one container") };
        assert_eq!(left.name, "api-main", "{moment}");
        assert_eq!(left.labels.data_volume(), Some(volume("chosen-by-hand")), "{moment}");
        assert_eq!(left.state, RunState::Running, "{moment}");
        assert!(next.is_ok() || left.id == old.id, "{moment}: {next:?}");
        if died.is_ok() {
            assert_ne!(left.id, old.id, "the container is another one");
            return;
        }
    }
    panic!("fresh never ends");
}

#[test]
fn crash_during_reset_leaves_one_container_with_a_recorded_volume() {
    let old = ours("api-main", RunState::Running);
    for moment in 0..40 {
        let engine = FakeEngine::new().with_container(old.clone());
        let records = FakeWorkspaceStore::new();
        engine.crash_after(moment);
        let died = open_session(&engine, &records, &reset(&old, "new"), &IgnoreEvents);
        engine.recover();
        // The recorded volume is then the configured one.
        let next = || desired(RunOptions::default()).with_data_volume(records.volume(&workspace()));
        let _ = open_session(&engine, &records, &next(), &IgnoreEvents);
        let containers = engine.current_containers();
        let [left] = &containers[..] else { panic!("{moment}: {containers:#?}") };
        let is_new = left.labels.data_volume() == Some(volume("new"));
        assert!(is_new || left.id == old.id, "{moment}: {left:#?}");
        // The store and the engine agree, so that no later command changes the volume.
        let recorded = records.volume(&workspace());
        assert_eq!(recorded, is_new.then(|| volume("new")), "{moment}: {left:#?}");
        let has = left.labels.data_volume();
        let anew = next().with_options(fresh(left).options);
        let _ = open_session(&engine, &records, &anew, &IgnoreEvents);
        let containers = engine.current_containers();
        assert_eq!(containers[0].labels.data_volume(), has, "{moment}");
        if died.is_ok() {
            assert!(is_new);
            return;
        }
    }
    panic!("reset never ends");
}

#[test]
fn unwritable_store_keeps_the_old_container() {
    for state in [RunState::Running, RunState::Exited] {
        let old = ours("api-main", state);
        let engine = FakeEngine::new().with_container(old.clone());
        let outcome = open_session(
            &engine,
            &FakeWorkspaceStore::read_only(),
            &reset(&old, "new"),
            &IgnoreEvents,
        );
        assert!(matches!(outcome, Err(DriveError::WorkspaceStore(_))), "{outcome:?}");
        assert_eq!(engine.current_containers(), [old]);
    }
}

#[test]
fn concurrent_fresh_commands_create_one_container() {
    let old = ours("api-main", RunState::Running);
    let engine = FakeEngine::new().with_container(old.clone());
    let first = open_session(&engine, &FakeWorkspaceStore::new(), &fresh(&old), &IgnoreEvents)
        .expect("a session");
    let second = open_session(&engine, &FakeWorkspaceStore::new(), &fresh(&old), &IgnoreEvents)
        .expect("a session");
    assert_eq!(first.container.id, second.container.id);
}

#[test]
fn replacement_of_an_interrupted_run_is_recreated() {
    let old = ours("api-main", RunState::Exited);
    let mut left = ours("api-main.moving", RunState::Created);
    left.labels = left.labels.with(label::REPLACES, old.id.as_ref());
    left.labels = left.labels.with(label::REPLACES_START, "0").with(label::FINAL_NAME, "api-main");
    let engine = FakeEngine::new().with_container(old.clone()).with_container(left.clone());
    let connected = open_session(&engine, &FakeWorkspaceStore::new(), &fresh(&old), &IgnoreEvents)
        .expect("a session");
    assert_ne!(connected.container.id, left.id);
    assert_eq!(engine.current_containers().len(), 1);
}

#[test]
fn new_volumes_are_removed_with_the_ephemeral_container() {
    let own = VolumeName::data(&workspace());
    for (engine, named, unnamed) in [
        (FakeEngine::new(), 0, 2),
        (FakeEngine::new().with_volume(own.clone()), 1, 1),
        (FakeEngine::new().with_volume(volume("somebody-elses")), 1, 2),
    ] {
        let (remote, records) = (FakeRemote::new(), FakeWorkspaceStore::new());
        let requested = ephemeral();
        let connected = run_ready(drive(&engine, &remote, &records, &requested, &IgnoreEvents))
            .expect("a session");
        assert_eq!((engine.volumes().len(), engine.anonymous_volumes()), (named, unnamed));
        run_ready(teardown_ephemeral(
            &engine,
            &remote,
            &requested,
            &connected.container,
            &IgnoreEvents,
        ))
        .expect("it goes");
        assert_eq!(engine.current_containers(), []);
        assert_eq!((engine.volumes().len(), engine.anonymous_volumes()), (named, 0));
    }
}

#[test]
fn persistent_container_is_never_torn_down() {
    let old = ours("api-main", RunState::Running);
    let engine = FakeEngine::new().with_container(old.clone());
    for requested in [desired(RunOptions::default()), ephemeral()] {
        run_ready(teardown_ephemeral(&engine, &FakeRemote::new(), &requested, &old, &IgnoreEvents))
            .expect("nothing to do");
        assert_eq!(engine.current_containers(), std::slice::from_ref(&old));
    }
}

fn refused(engine: &FakeEngine, desired: &Desired) -> Refusal {
    match open_session(engine, &FakeWorkspaceStore::new(), desired, &IgnoreEvents) {
        Err(DriveError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn required_options_are_never_ignored() {
    let old = ours("api-main", RunState::Running);
    let engine = FakeEngine::new().with_container(old.clone());

    let mut named = desired(RunOptions::default().with_name(Strength::Required));
    named.name = ContainerName::parse("other").expect("a name");
    let refusal = refused(&engine, &named);
    assert_eq!(refusal.to_string(), "the workspace has container `api-main`, not `other`");

    let mut volumes = desired(RunOptions::default().with_data_volume(Strength::Required));
    volumes.data_volume = Some(volume("new"));
    let refusal = refused(&engine, &volumes);
    insta::assert_snapshot!(
        refusal,
        @"container `api-main` has data volume `chosen-by-hand`, not `new`"
    );

    assert_eq!(refused(&engine, &ephemeral()), Refusal::AlreadyExists { name: "api-main".into() });
}

#[test]
fn required_name_is_used_exactly_or_refused() {
    let elsewhere = [(label::MANAGED, "true"), (label::WORKSPACE, "/elsewhere")];
    let named = desired(RunOptions::default().with_name(Strength::Required));
    let engine =
        FakeEngine::new().with_container(container("api-main", &elsewhere, RunState::Running));
    let refusal = refused(&engine, &named);
    assert_eq!(refusal.to_string(), "container `api-main` belongs to workspace `/elsewhere`");
    assert_eq!(refusal.exit_code(), containai_core::exit::FOREIGN_CONTAINER);

    let foreign = FakeEngine::new().with_container(container("api-main", &[], RunState::Running));
    assert_eq!(refused(&foreign, &named), Refusal::NotManaged { name: "api-main".into() });
}
