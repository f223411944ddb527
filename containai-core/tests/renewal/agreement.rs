//! For any observed and desired state: containers of other workspaces are never changed,
//! and the plan matches the steps taken.

use containai_core::engine::{Container, ContainerId, Lifetime, RunState};
use containai_core::fake::{FakeEngine, FakeRecords, run};
use containai_core::label;
use containai_core::lifecycle::{Claim, Desired, Manner, Step, observe, plan};
use proptest::prelude::*;

use super::{Steps, container, desired, enter, volume, words};

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
    let claim = || prop_oneof![Just(Claim::Preferred), Just(Claim::Insisted)];
    let lifetime = prop_oneof![Just(Lifetime::Lasting), Just(Lifetime::Session)];
    let outgoing = prop_oneof![
        Just(None),
        Just(Some("id-of-api-main")),
        Just(Some("id-of-api-main-2")),
        Just(Some("id-of-api-main.moving")),
    ];
    let data = prop_oneof![Just(None), Just(Some("theirs")), Just(Some("another"))];
    (claim(), claim(), outgoing, lifetime, data).prop_map(
        |(name, data_claim, outgoing, lifetime, data)| {
            let outgoing = outgoing.map(ContainerId::new);
            let manner =
                Manner { name, data_volume: data_claim, outgoing, lifetime, ..Manner::default() };
            Desired { data_volume: data.map(volume), ..desired(manner) }
        },
    )
}

fn touched(step: &Step) -> Option<&ContainerId> {
    match step {
        Step::InstallKey { id }
        | Step::Start { id }
        | Step::Unpause { id }
        | Step::Stop { id }
        | Step::Keep { id }
        | Step::Succeed { of: id, .. }
        | Step::Replace { of: id, .. }
        | Step::Retire { id }
        | Step::Discard { id }
        | Step::Rename { id, .. }
        | Step::GiveUp { id }
        | Step::Reach { id } => Some(id),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_step_touches_what_is_not_this_workspaces(
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
        let observed = run(observe(&engine, &desired)).expect("the engine answers");
        let steps = plan(&observed, &desired);
        for id in steps.iter().filter_map(touched) {
            if let Some(container) = there.iter().find(|it| it.id == *id) {
                prop_assert!(container.serves(&desired.workspace), "{:?}", steps);
            }
        }

        // All other containers are unchanged afterwards.
        let seen = Steps::default();
        let outcome = enter(&engine, &FakeRecords::new(), &desired, &seen);
        let after = engine.snapshot();
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
