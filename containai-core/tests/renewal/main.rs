//! Recreated containers, with the previous or a new data volume, and ephemeral
//! containers: plans, runs, and a crash at every call.

mod agreement;

use std::path::Path;
use std::sync::Mutex;

use containai_core::engine::{Container, ContainerId, Lifetime, RunState};
use containai_core::fake::{self, FakeEngine, FakeRecords, FakeRemote, FakeSession, run};
use containai_core::hint::Advice as _;
use containai_core::label::{self, Labels};
use containai_core::lifecycle::{
    Claim, Desired, DriveError, Event, Events, Manner, Reached, Refusal, Silent, Step, depart,
    drive, observe, plan,
};
use containai_core::naming::{ContainerName, VolumeName, WorkspacePath};

fn workspace() -> WorkspacePath {
    WorkspacePath::new(Path::new("/src/api")).expect("a workspace path")
}

fn volume(name: &str) -> VolumeName {
    VolumeName::parse(name).expect("a volume name")
}

fn desired(manner: Manner) -> Desired {
    Desired { manner, ..fake::desired(workspace()) }
}

fn fresh(of: &Container) -> Desired {
    desired(Manner { outgoing: Some(of.id.clone()), ..Manner::default() })
}

fn reset(of: &Container, to: &str) -> Desired {
    let mut desired = fresh(of);
    desired.data_volume = Some(volume(to));
    desired.manner.data_volume = Claim::Insisted;
    desired
}

fn ephemeral() -> Desired {
    desired(Manner { lifetime: Lifetime::Session, ..Manner::default() })
}

fn container(name: &str, labels: &[(&str, &str)], state: RunState) -> Container {
    let id = ContainerId::new(format!("id-of-{name}"));
    let labels: Labels = labels.iter().copied().collect();
    Container { id, name: name.into(), state, status: String::new(), image: "base".into(), labels }
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

impl Events for Steps {
    fn event(&self, event: Event<'_>) {
        if let Event::Step(step) = event {
            self.0.lock().expect("no listener panics").push(step.clone());
        }
    }
}

fn enter(
    engine: &FakeEngine,
    records: &FakeRecords,
    desired: &Desired,
    events: &dyn Events,
) -> Result<Reached<FakeSession>, DriveError> {
    // The server behind every port is that of the first container; other tests cover the
    // rest.
    run(drive(engine, &FakeRemote::new(), records, desired, events))
}

/// A step without IDs, which differ between plan and engine.
fn words(step: &Step) -> String {
    match step {
        Step::ProvideImage => "ensure image".to_owned(),
        Step::Create { name } => format!("create {name}"),
        Step::InstallKey { .. } => "provision".to_owned(),
        Step::Replace { name, .. } => format!("recreate as {name}"),
        Step::Succeed { name, .. } => format!("create replacement {name}"),
        Step::Retire { .. } => "remove replaced".to_owned(),
        Step::GiveUp { .. } => "remove replacement".to_owned(),
        Step::Rename { name, .. } => format!("rename {name}"),
        Step::Record { volume } => format!("record {volume}"),
        Step::Discard { .. } => "remove ephemeral".to_owned(),
        Step::Reach { .. } => "connect".to_owned(),
        Step::Wait { name, state } => format!("wait {name} {state}"),
        Step::Refuse(refusal) => format!("refuse {refusal}"),
        step => format!("{step:?}").split(' ').next().unwrap_or_default().to_lowercase(),
    }
}

fn planned(engine: &FakeEngine, desired: &Desired) -> Vec<String> {
    let observed = run(observe(engine, desired)).expect("the engine answers");
    plan(&observed, desired).iter().map(words).collect()
}

#[test]
fn fresh_goes_only_when_there_is_something_to_come() {
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
fn reset_is_recorded_once_the_old_container_is_gone() {
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
fn ephemeral_goes_after_the_session() {
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
fn dying_during_fresh_loses_no_volume() {
    let old = ours("api-main", RunState::Running);
    for moment in 0..40 {
        let engine = FakeEngine::new().with_container(old.clone());
        let records = FakeRecords::new();
        engine.crash_after(moment);
        let died = enter(&engine, &records, &fresh(&old), &Silent);
        engine.recover();
        // The next run uses the default options.
        let next = enter(&engine, &records, &desired(Manner::default()), &Silent);
        let containers = engine.snapshot();
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
fn dying_during_reset_leaves_one_container_and_says_which_volume() {
    let old = ours("api-main", RunState::Running);
    for moment in 0..40 {
        let engine = FakeEngine::new().with_container(old.clone());
        let records = FakeRecords::new();
        engine.crash_after(moment);
        let died = enter(&engine, &records, &reset(&old, "new"), &Silent);
        engine.recover();
        // The recorded volume is then the configured one.
        let next =
            || Desired { data_volume: records.volume(&workspace()), ..desired(Manner::default()) };
        let _ = enter(&engine, &records, &next(), &Silent);
        let containers = engine.snapshot();
        let [left] = &containers[..] else { panic!("{moment}: {containers:#?}") };
        let is_new = left.labels.data_volume() == Some(volume("new"));
        assert!(is_new || left.id == old.id, "{moment}: {left:#?}");
        // The store and the engine agree, so that no later command changes the volume.
        let recorded = records.volume(&workspace());
        assert_eq!(recorded, is_new.then(|| volume("new")), "{moment}: {left:#?}");
        let has = left.labels.data_volume();
        let anew = Desired { manner: fresh(left).manner, ..next() };
        let _ = enter(&engine, &records, &anew, &Silent);
        let containers = engine.snapshot();
        assert_eq!(containers[0].labels.data_volume(), has, "{moment}");
        if died.is_ok() {
            assert!(is_new);
            return;
        }
    }
    panic!("reset never ends");
}

#[test]
fn nothing_is_taken_away_for_a_choice_that_cannot_be_recorded() {
    for state in [RunState::Running, RunState::Exited] {
        let old = ours("api-main", state);
        let engine = FakeEngine::new().with_container(old.clone());
        let outcome = enter(&engine, &FakeRecords::read_only(), &reset(&old, "new"), &Silent);
        assert!(matches!(outcome, Err(DriveError::Record(_))), "{outcome:?}");
        assert_eq!(engine.snapshot(), [old]);
    }
}

#[test]
fn several_that_want_it_fresh_make_one() {
    let old = ours("api-main", RunState::Running);
    let engine = FakeEngine::new().with_container(old.clone());
    let first = enter(&engine, &FakeRecords::new(), &fresh(&old), &Silent).expect("a session");
    let second = enter(&engine, &FakeRecords::new(), &fresh(&old), &Silent).expect("a session");
    assert_eq!(first.container.id, second.container.id);
}

#[test]
fn replacement_that_another_run_left_is_made_again_as_wanted_now() {
    let old = ours("api-main", RunState::Exited);
    let mut left = ours("api-main.moving", RunState::Created);
    left.labels = left.labels.with(label::REPLACES, old.id.as_ref());
    left.labels = left.labels.with(label::REPLACES_START, "0").with(label::TAKES_NAME, "api-main");
    let engine = FakeEngine::new().with_container(old.clone()).with_container(left.clone());
    let reached = enter(&engine, &FakeRecords::new(), &fresh(&old), &Silent).expect("a session");
    assert_ne!(reached.container.id, left.id);
    assert_eq!(engine.snapshot().len(), 1);
}

#[test]
fn volumes_of_a_session_go_with_it_unless_they_were_there() {
    let own = VolumeName::data(&workspace());
    for (engine, named, unnamed) in [
        (FakeEngine::new(), 0, 2),
        (FakeEngine::new().with_volume(own.clone()), 1, 1),
        (FakeEngine::new().with_volume(volume("somebody-elses")), 1, 2),
    ] {
        let (remote, records) = (FakeRemote::new(), FakeRecords::new());
        let wanted = ephemeral();
        let reached = run(drive(&engine, &remote, &records, &wanted, &Silent)).expect("a session");
        assert_eq!((engine.volumes().len(), engine.unnamed_volumes()), (named, unnamed));
        run(depart(&engine, &remote, &wanted, &reached.container, &Silent)).expect("it goes");
        assert_eq!(engine.snapshot(), []);
        assert_eq!((engine.volumes().len(), engine.unnamed_volumes()), (named, 0));
    }
}

#[test]
fn a_lasting_container_never_departs() {
    let old = ours("api-main", RunState::Running);
    let engine = FakeEngine::new().with_container(old.clone());
    for wanted in [desired(Manner::default()), ephemeral()] {
        run(depart(&engine, &FakeRemote::new(), &wanted, &old, &Silent)).expect("nothing to do");
        assert_eq!(engine.snapshot(), std::slice::from_ref(&old));
    }
}

fn refused(engine: &FakeEngine, desired: &Desired) -> Refusal {
    match enter(engine, &FakeRecords::new(), desired, &Silent) {
        Err(DriveError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn what_was_insisted_on_is_never_ignored() {
    let old = ours("api-main", RunState::Running);
    let engine = FakeEngine::new().with_container(old.clone());

    let mut named = desired(Manner { name: Claim::Insisted, ..Manner::default() });
    named.name = ContainerName::parse("other").expect("a name");
    let refusal = refused(&engine, &named);
    assert_eq!(refusal.to_string(), "the workspace has container `api-main`, not `other`");

    let mut volumes = desired(Manner { data_volume: Claim::Insisted, ..Manner::default() });
    volumes.data_volume = Some(volume("new"));
    let refusal = refused(&engine, &volumes);
    insta::assert_snapshot!(
        refusal,
        @"container `api-main` has data volume `chosen-by-hand`, not `new`"
    );

    assert_eq!(refused(&engine, &ephemeral()), Refusal::InTheWay { name: "api-main".into() });
}

#[test]
fn a_given_name_is_taken_as_it_is_or_not_at_all() {
    let elsewhere = [(label::MANAGED, "true"), (label::WORKSPACE, "/elsewhere")];
    let named = desired(Manner { name: Claim::Insisted, ..Manner::default() });
    let engine =
        FakeEngine::new().with_container(container("api-main", &elsewhere, RunState::Running));
    let refusal = refused(&engine, &named);
    assert_eq!(refusal.to_string(), "container `api-main` belongs to workspace `/elsewhere`");
    assert_eq!(refusal.exit_code(), containai_core::exit::NOT_OURS);

    let foreign = FakeEngine::new().with_container(container("api-main", &[], RunState::Running));
    assert_eq!(refused(&foreign, &named), Refusal::NotOurs { name: "api-main".into() });
}
