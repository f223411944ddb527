//! For any observed and desired state: containers of other workspaces are never changed,
//! and the plan matches the steps taken.

use containai_core::engine::{Container, ContainerId, Lifetime, RunState};
use containai_core::label;
use containai_core::lifecycle::{Desired, RunOptions, Step, Strength, observe, plan};
use containai_core::testing::{FakeEngine, FakeWorkspaceStore, run_ready};
use proptest::prelude::*;

use super::{Steps, container, desired, open_session, volume, words};

fn any_container(name: &'static str) -> impl Strategy<Value = Container> {
    let whose = prop_oneof![
        Just(None),
        Just(Some(("true", "/src/api"))),
        Just(Some(("true", "/src/other"))),
        Just(Some(("false", "/src/api"))),
    ];
    let is_ephemeral = any::<bool>();
    (whose, is_ephemeral, 0..RunState::ALL.len()).prop_map(move |(whose, is_ephemeral, state)| {
        let mut labels = vec![(label::SSH_PORT, "2300"), (label::DATA_VOLUME, "theirs")];
        if let Some((managed, workspace)) = whose {
            labels.extend([(label::MANAGED, managed), (label::WORKSPACE, workspace)]);
        }
        if is_ephemeral {
            labels.push((label::EPHEMERAL, "true"));
        }
        container(name, &labels, RunState::ALL[state])
    })
}

fn any_desired() -> impl Strategy<Value = Desired> {
    let strength = || prop_oneof![Just(Strength::Preferred), Just(Strength::Required)];
    let lifetime = prop_oneof![Just(Lifetime::Persistent), Just(Lifetime::Session)];
    let old = prop_oneof![
        Just(None),
        Just(Some("id-of-api-main")),
        Just(Some("id-of-api-main-2")),
        Just(Some("id-of-api-main.moving")),
    ];
    let data = prop_oneof![Just(None), Just(Some("theirs")), Just(Some("another"))];
    (strength(), strength(), old, lifetime, data).prop_map(
        |(name, data_claim, old, lifetime, data)| {
            let old = old.map(ContainerId::new);
            let options = RunOptions::default()
                .with_name(name)
                .with_data_volume(data_claim)
                .with_recreate(old)
                .with_lifetime(lifetime);
            desired(options).with_data_volume(data.map(volume))
        },
    )
}

fn container_changed_by(step: &Step) -> Option<&ContainerId> {
    match step {
        Step::Provision { id }
        | Step::Start { id }
        | Step::Unpause { id }
        | Step::Stop { id }
        | Step::Commit { id }
        | Step::CreateReplacement { of: id, .. }
        | Step::Recreate { of: id, .. }
        | Step::RemoveReplaced { id }
        | Step::RemoveEphemeral { id }
        | Step::Rename { id, .. }
        | Step::RemoveReplacement { id }
        | Step::Connect { id } => Some(id),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn steps_change_only_containers_of_the_workspace(
        one in any_container("api-main"),
        two in any_container("api-main-2"),
        three in any_container("api-main.moving"),
        has in 0..8_u8,
        desired in any_desired(),
    ) {
        let mut engine = FakeEngine::new();
        let all = [one, two, three];
        let there: Vec<_> =
            all.into_iter().enumerate().filter(|(n, _)| has & (1 << n) != 0).map(|(_, it)| it).collect();
        for container in &there {
            engine = engine.with_container(container.clone());
        }
        let observed = run_ready(observe(&engine, &desired)).expect("the engine answers");
        let steps = plan(&observed, &desired);
        for id in steps.iter().filter_map(container_changed_by) {
            if let Some(container) = there.iter().find(|it| it.id == *id) {
                prop_assert!(container.serves(&desired.workspace), "{:?}", steps);
            }
        }

        // All other containers are unchanged afterwards.
        let seen = Steps::default();
        let outcome = open_session(&engine, &FakeWorkspaceStore::new(), &desired, &seen);
        let after = engine.current_containers();
        for container in there.iter().filter(|it| !it.serves(&desired.workspace)) {
            prop_assert!(after.contains(container), "{container:?} was touched: {:?}", steps);
        }

        // The plan matches the steps taken, except for waits and for steps after the
        // session.
        let on_paper: Vec<_> = steps.iter().map(words).collect();
        let drive_ends =
            on_paper.iter().position(|it| it == "connect" || it.starts_with("wait")).map_or(on_paper.len(), |n| n + 1);
        let taken: Vec<_> = seen.0.lock().expect("no listener panics").iter().map(words).collect();
        prop_assert!(
            taken.starts_with(&on_paper[..drive_ends]),
            "on paper {on_paper:?}\ntaken {taken:?}\n{outcome:?}"
        );
    }
}
