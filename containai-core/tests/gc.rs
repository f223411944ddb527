//! Garbage collection on the test doubles, with a crash at every call.

use containai_core::byte_size::ByteSize;
use containai_core::engine::{
    Container, ContainerId, ContainerTimes, Engine as _, RunState, StoredImage, StoredVolume,
};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::gc::{
    GcInventory, GcPlan, GcPolicy, GcScope, PruneItem, PruneOutcome, PruneReport,
    measure_containers, plan_gc, prune, take_inventory,
};
use containai_core::naming::HostPort;
use containai_core::remote::Remote as _;
use containai_core::testing::{FakeEngine, FakeRemote, run_ready};
use containai_core::timestamp::Timestamp;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_unix(100 * 86_400);

fn days_ago(days: i64) -> Option<Timestamp> {
    Some(Timestamp::from_unix(NOW.as_unix() - days * 86_400))
}

fn everything() -> GcPolicy {
    GcPolicy::default().with_images(GcScope::Unused).with_volumes(GcScope::Unused)
}

fn ours() -> Labels {
    [(label::MANAGED, "true"), (label::WORKSPACE, "/w"), (label::SSH_PORT, "2300")]
        .into_iter()
        .collect()
}

fn container(name: &str, state: RunState) -> Container {
    Container::new(ContainerId::new(format!("id-of-{name}")), name, state)
        .with_image("base")
        .with_labels(ours())
}

fn moments(state: RunState, created: i64, finished: Option<i64>) -> ContainerTimes {
    let finished = finished.and_then(days_ago);
    ContainerTimes { state, created: days_ago(created), started: finished, finished }
}

fn image(references: &[&str], used_by: &[&str]) -> StoredImage {
    StoredImage {
        id: format!("sha256:{}", references.first().copied().unwrap_or("none")),
        references: references.iter().map(|it| (*it).to_owned()).collect(),
        labels: Labels::default(),
        size: ByteSize::from_bytes(5000),
        used_by: used_by.iter().map(|it| ContainerId::new(*it)).collect(),
        is_in_snapshot: false,
    }
}

fn volume(
    name: &str,
    labels: Labels,
    created: Option<Timestamp>,
    used_by: &[&str],
) -> StoredVolume {
    let used_by = used_by.iter().map(|it| ContainerId::new(*it)).collect();
    let size = Some(ByteSize::from_bytes(70));
    StoredVolume { name: name.into(), labels, created, size, used_by }
}

fn names(plan: &GcPlan) -> String {
    let containers = plan.containers.iter().map(|it| it.container.name.clone());
    let images = plan.images.iter().map(|it| it.references.join("+"));
    let volumes = plan.volumes.iter().map(|it| it.name.clone());
    containers.chain(images).chain(volumes).collect::<Vec<_>>().join(" ")
}

#[test]
fn containers_are_pruned_by_state_and_age() {
    let check = |container: Container, moments: Option<ContainerTimes>, expected: bool| {
        let what = format!("{container:?} {moments:?}");
        let fixture =
            GcInventory { containers: vec![(container, moments)], ..GcInventory::default() };
        let plan = plan_gc(&fixture, NOW, &GcPolicy::default());
        assert_eq!(plan.containers.len() == 1, expected, "{what}");
    };
    let exited = |days| Some(moments(RunState::Exited, 90, Some(days)));
    check(container("a", RunState::Exited), exited(30), true);
    check(container("a", RunState::Exited), exited(29), false);
    check(container("a", RunState::Exited), exited(-3), false);
    check(container("a", RunState::Exited), Some(moments(RunState::Exited, 90, None)), false);
    check(container("a", RunState::Exited), None, false);
    let created = |days| Some(moments(RunState::Created, days, None));
    check(container("a", RunState::Created), created(31), true);
    check(container("a", RunState::Created), created(29), false);
    // A container that is running when its times are read was started after the listing.
    let started = Some(moments(RunState::Running, 90, Some(90)));
    check(container("a", RunState::Exited), started, false);
    for state in [RunState::Running, RunState::Paused, RunState::Restarting, RunState::Dead] {
        check(container("a", state), exited(90), false);
    }
    let kept = ours().iter().chain([(label::KEEP, "true")]).collect();
    check(container("a", RunState::Exited).with_labels(kept), exited(90), false);
    let foreign = container("a", RunState::Exited).with_labels(Labels::default());
    check(foreign, exited(90), false);
}

#[test]
fn leftover_helpers_are_pruned_after_a_grace_period() {
    let hour_ago = |hours: i64| Some(Timestamp::from_unix(NOW.as_unix() - hours * 3600));
    let goes = |kind: &str, hours: i64| {
        let labels = [(label::MANAGED, "true"), (kind, "containai-api-data")].into_iter().collect();
        let helper = container("helper", RunState::Created).with_labels(labels);
        let made =
            ContainerTimes { created: hour_ago(hours), ..moments(RunState::Created, 0, None) };
        let fixture =
            GcInventory { containers: vec![(helper, Some(made))], ..GcInventory::default() };
        let policy = GcPolicy::of_age("0h".parse().expect("an age"));
        !plan_gc(&fixture, NOW, &policy).containers.is_empty()
    };
    for kind in [label::FILLS, label::PACKS] {
        assert!(goes(kind, 1), "{kind}");
        assert!(!goes(kind, 0), "{kind}: a helper may still be running");
    }
    // The helper of an interrupted restore must be finished first.
    assert!(!goes(label::RESTORES, 48));
}

#[test]
fn images_and_volumes_are_pruned_only_on_request_and_unused() {
    let fixture = GcInventory {
        containers: vec![
            (container("old", RunState::Exited), Some(moments(RunState::Exited, 90, Some(60)))),
            (container("new", RunState::Exited), Some(moments(RunState::Exited, 90, Some(1)))),
        ],
        images: vec![
            image(&["containai/base:free"], &[]),
            image(&["containai/base:old"], &["id-of-old"]),
            image(&["containai/base:new"], &["id-of-old", "id-of-new"]),
            image(&["containai/kept:0123"], &[]),
            image(&["ghcr.io/containai/full:1", "mine:1"], &[]),
            image(&["ubuntu:24.04"], &[]),
            image(&[], &[]),
        ],
        volumes: vec![
            volume("free", ours(), days_ago(40), &[]),
            volume("young", ours(), days_ago(4), &[]),
            volume("undated", ours(), None, &[]),
            volume("of-old", ours(), days_ago(40), &["id-of-old"]),
            volume("foreign", Labels::default(), days_ago(40), &[]),
        ],
    };
    let plan = plan_gc(&fixture, NOW, &everything());
    assert_eq!(
        names(&plan),
        "old containai/base:free containai/base:old ghcr.io/containai/full:1 free"
    );
    // An image that keeps another reference frees no space.
    assert_eq!(plan.size().bytes(), 5000 + 5000 + 70);
    assert_eq!(names(&plan_gc(&fixture, NOW, &GcPolicy::default())), "old");
}

fn stale_world() -> (FakeEngine, FakeRemote, HostPort) {
    let old = container("old", RunState::Exited);
    let engine = FakeEngine::new()
        .with_container(old.clone())
        .with_container(container("busy", RunState::Running))
        .with_image(image(&["containai/base:1", "containai/base:2"], &["id-of-old"]))
        .with_image(image(&["containai/base:3"], &["id-of-busy"]))
        .with_stored_volume(volume("free", ours(), days_ago(40), &[]))
        .with_stored_volume(volume("data", ours(), days_ago(40), &["id-of-busy"]));
    engine.set_timestamps(&old.id, moments(RunState::Exited, 90, Some(60)));
    let remote = FakeRemote::new();
    let port = HostPort::new(2300).expect("a port");
    remote.pin_stale(port, &old.id);
    (engine, remote, port)
}

fn gc(engine: &FakeEngine, remote: &FakeRemote) -> Option<PruneReport> {
    let policy = everything();
    let fixture = run_ready(take_inventory(engine, &policy)).ok()?;
    let plan = plan_gc(&fixture, NOW, &policy);
    Some(run_ready(prune(engine, remote, &plan, NOW, &policy)))
}

#[test]
fn next_run_recovers_from_any_crash() {
    for calls in 0.. {
        let (engine, remote, port) = stale_world();
        engine.crash_after(calls);
        let first = gc(&engine, &remote);
        engine.recover();
        let second = gc(&engine, &remote).expect("the engine answers");
        assert!(!second.has_failures(), "{second:?}");
        let left = run_ready(take_inventory(&engine, &everything())).expect("the engine answers");
        let left: Vec<_> = left.containers.into_iter().map(|(it, _)| it.name).collect();
        assert_eq!(left, ["busy"], "after {calls} calls");
        let fixture =
            run_ready(take_inventory(&engine, &everything())).expect("the engine answers");
        assert_eq!(fixture.images.len(), 1);
        assert_eq!(fixture.volumes.len(), 1);
        assert_eq!(
            run_ready(remote.pinned_host_key(port)).expect("a file"),
            None,
            "after {calls} calls"
        );
        if first.is_some_and(|swept| !swept.has_failures()) {
            assert!(calls > 8, "{calls} calls are too few");
            return;
        }
    }
}

#[test]
fn items_removed_since_the_plan_free_nothing() {
    let measured = |is_gone: bool| {
        let (engine, _, _) = stale_world();
        let fixture =
            run_ready(take_inventory(&engine, &everything())).expect("the engine answers");
        let mut plan = plan_gc(&fixture, NOW, &everything());
        if is_gone {
            run_ready(engine.remove(&ContainerId::new("id-of-old"))).expect("it is removed");
        }
        run_ready(measure_containers(&engine, &mut plan)).expect("the engine answers");
        plan.containers.into_iter().map(|idle| idle.size).collect::<Vec<_>>()
    };
    assert_eq!(measured(false), [Some(ByteSize::from_bytes(1000))]);
    assert_eq!(measured(true), [None]);
}

#[test]
fn containers_started_since_the_plan_are_kept() {
    let (engine, remote, port) = stale_world();
    let policy = everything();
    let fixture = run_ready(take_inventory(&engine, &policy)).expect("the engine answers");
    let plan = plan_gc(&fixture, NOW, &policy);
    engine.start_concurrently(&ContainerId::new("id-of-old"));
    let swept = run_ready(prune(&engine, &remote, &plan, NOW, &policy));
    let spared = |(litter, outcome): &(PruneItem, PruneOutcome)| match outcome {
        PruneOutcome::InUse => Some(litter.clone()),
        _ => None,
    };
    let spared: Vec<_> = swept.outcomes.iter().filter_map(spared).collect();
    let (old, base) = ("old".to_owned(), "containai/base:1".to_owned());
    assert_eq!(spared, [PruneItem::Container(old), PruneItem::Image(base)]);
    assert_eq!(engine.current_containers().len(), 2);
    assert!(run_ready(remote.pinned_host_key(port)).expect("a file").is_some());
    assert_eq!(swept.freed().bytes(), 70);
}

#[test]
fn items_used_at_the_last_moment_are_kept() {
    let (engine, remote, _) = stale_world();
    let policy = everything();
    let fixture = run_ready(take_inventory(&engine, &policy)).expect("the engine answers");
    let plan = plan_gc(&fixture, NOW, &policy);
    let names = plan.images.iter().flat_map(|it| &it.references);
    for name in names.chain(plan.volumes.iter().map(|it| &it.name)) {
        engine.use_before_removal(name);
    }
    let swept = run_ready(prune(&engine, &remote, &plan, NOW, &policy));
    let spared = swept.outcomes.iter().filter(|(_, it)| matches!(it, PruneOutcome::InUse)).count();
    assert_eq!(spared, plan.images.len() + plan.volumes.len());
    assert!(spared > 1 && !swept.has_failures());
}

fn any_state() -> impl Strategy<Value = RunState> {
    prop_oneof![
        Just(RunState::Created),
        Just(RunState::Running),
        Just(RunState::Paused),
        Just(RunState::Restarting),
        Just(RunState::Removing),
        Just(RunState::Exited),
        Just(RunState::Dead),
    ]
}

fn any_labels() -> impl Strategy<Value = Labels> {
    let value = || prop_oneof![Just("true"), Just("false"), Just("TRUE"), Just("")];
    (prop::option::of(value()), prop::option::of(value())).prop_map(|(managed, keep)| {
        let managed = managed.map(|value| (label::MANAGED, value));
        managed.into_iter().chain(keep.map(|value| (label::KEEP, value))).collect()
    })
}

fn any_moment() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::of((-10i64..200).prop_map(|days| days_ago(days).unwrap_or(NOW)))
}

prop_compose! {
    fn any_container()(
        name in "[ab]{1,2}", state in any_state(), labels in any_labels(),
        now in any_state(), created in any_moment(), finished in any_moment(), asked: bool,
    ) -> (Container, Option<ContainerTimes>) {
        let moments = ContainerTimes { state: now, created, started: None, finished };
        (container(&name, state).with_labels(labels), asked.then_some(moments))
    }
}

prop_compose! {
    fn any_image()(
        references in prop::collection::vec("(containai|ghcr.io/containai|ubuntu|x/containai|containai/kept)(/base|x|)(:1|)", 0..3),
        labels in any_labels(), users in prop::collection::vec("id-of-[ab]{1,2}", 0..3),
    ) -> StoredImage {
        let used_by = users.into_iter().map(ContainerId::new).collect();
        StoredImage { references, labels, used_by, ..image(&[], &[]) }
    }
}

prop_compose! {
    fn any_volume()(
        name in "[ab]{1,3}", labels in any_labels(), created in any_moment(),
        users in prop::collection::vec("id-of-[ab]{1,2}", 0..2),
    ) -> StoredVolume {
        let used_by = users.into_iter().map(ContainerId::new).collect();
        StoredVolume { name, labels, created, size: None, used_by }
    }
}

proptest! {
    #[test]
    fn used_protected_and_foreign_items_are_never_planned(
        containers in prop::collection::vec(any_container(), 0..8),
        images in prop::collection::vec(any_image(), 0..8),
        volumes in prop::collection::vec(any_volume(), 0..8),
        hours in 0u64..3000, requested: (bool, bool),
    ) {
        let scope = |requested| if requested { GcScope::Unused } else { GcScope::Skip };
        let policy = GcPolicy::of_age(format!("{hours}h").parse().expect("an age"))
            .with_images(scope(requested.0))
            .with_volumes(scope(requested.1));
        let fixture = GcInventory { containers, images, volumes };
        let plan = plan_gc(&fixture, NOW, &policy);
        for idle in &plan.containers {
            let labels = &idle.container.labels;
            prop_assert_eq!(labels.get(label::MANAGED), Some("true"));
            prop_assert_ne!(labels.get(label::KEEP), Some("true"));
            prop_assert!(matches!(idle.container.state, RunState::Created | RunState::Exited));
            prop_assert!(NOW.as_unix() - idle.idle_since.as_unix() >= i64::try_from(hours * 3600).expect("small"));
        }
        let goes = |id: &ContainerId| plan.containers.iter().any(|it| it.container.id == *id);
        for image in &plan.images {
            prop_assert_eq!(policy.images, GcScope::Unused);
            for name in &image.references {
                prop_assert!(name.starts_with("containai") || name.starts_with("ghcr.io/containai"));
                prop_assert!(!name.starts_with("containai/kept:"));
                let holders = fixture.images.iter().filter(|it| it.references.contains(name));
                let is_free = |it: &StoredImage| it.used_by.iter().all(goes) && !it.labels.is_protected();
                prop_assert!(holders.clone().any(is_free));
            }
        }
        for volume in &plan.volumes {
            prop_assert_eq!(policy.volumes, GcScope::Unused);
            let found = fixture.volumes.iter().any(|it| {
                it.name == volume.name && it.used_by.is_empty() && it.labels.is_managed() && !it.labels.is_protected()
            });
            prop_assert!(found);
        }
    }
}
