//! Crashes at every call.

use containai_core::engine::{Engine as _, RunState};
use containai_core::naming::VolumeName;
use containai_core::testing::run_ready;

use super::{TestWorld, desired};

#[test]
fn crash_during_create_leaves_a_snapshot_or_nothing() {
    let calls = TestWorld::new().calls(|state| drop(state.create("before", 1)));
    for moment in 0..calls {
        let state = TestWorld::new();
        state.engine.crash_after(moment);
        let _ = state.create("before", 1);
        state.recover();
        state.clean_up();
        let container = state.container_of("/src/api");
        assert_eq!(container.state, RunState::Running, "{moment}");
        assert_eq!(state.read(&container.id, "died"), "old", "{moment}");
        let is_there = state.names() == ["before"];
        let expected = if is_there { 4 } else { 2 };
        assert_eq!(state.engine.volumes().len(), expected, "{moment}");
        if !is_there {
            state.create("before", 2).unwrap_or_else(|error| panic!("{moment}: {error}"));
        }
        state.write(&container.id, "new");
        let restored = state.restore("before").expect("it is whole");
        assert_eq!(state.read(&restored.id, "whole"), "old", "{moment}");
    }
}

#[test]
fn crash_during_restore_leaves_all_old_or_all_new() {
    let prepared = || {
        let state = TestWorld::new();
        state.create("before", 1).expect("a snapshot");
        state.write(&state.container_of("/src/api").id, "new");
        state
    };
    let calls = prepared().calls(|state| drop(state.restore("before")));
    let mut found = Vec::new();
    for moment in 0..calls {
        let state = prepared();
        state.engine.crash_after(moment);
        assert!(state.restore("before").is_err(), "{moment}");
        state.recover();
        let entered = state.open_session("/src/api");
        let text = state.read(&entered, &format!("died at {moment}"));
        assert_eq!(state.container_of("/src/api").name, "api-main", "{moment}");
        state.clean_up();
        assert_eq!(state.read(&entered, &format!("mended at {moment}")), text, "{moment}");
        // The replaced volumes are removed by the next run, and no others.
        for replaced in [VolumeName::data, VolumeName::docker] {
            let replaced = replaced(&desired("/src/api").workspace);
            let is_there = state.engine.volumes().contains(&replaced);
            assert_eq!(is_there, text == "new", "{replaced} at {moment}");
        }
        let again = state.restore("before").unwrap_or_else(|error| panic!("{moment}: {error}"));
        assert_eq!(state.read(&again.id, "again"), "old", "{moment}");
        // The next run after a removal of the container uses the same volumes.
        let entered = state.open_session("/src/api");
        run_ready(state.engine.stop(&entered)).expect("it stops");
        run_ready(state.engine.remove(&entered)).expect("it goes");
        let next = state.volumes(&state.open_session("/src/api"));
        assert_eq!(state.engine.read_volume(&next.data).as_deref(), Some("old"), "{moment}");
        assert_eq!(state.engine.read_volume(&next.docker).as_deref(), Some("old"), "{moment}");
        found.push(text);
    }
    assert!(found.contains(&"old".to_owned()) && found.contains(&"new".to_owned()), "{found:?}");
}

#[test]
fn crash_during_fork_leaves_a_fork_or_none() {
    let prepared = || {
        let state = TestWorld::new();
        state.create("before", 1).expect("a snapshot");
        state
    };
    let calls = prepared().calls(|state| drop(state.fork("before")));
    for moment in 0..calls {
        let state = prepared();
        state.engine.crash_after(moment);
        assert!(state.fork("before").is_err(), "{moment}");
        state.recover();
        state.clean_up();
        let workspace = desired("/src/fork").workspace;
        let is_there = state.engine.current_containers().iter().any(|it| it.serves(&workspace));
        if !is_there {
            state.fork("before").unwrap_or_else(|error| panic!("{moment}: {error}"));
        }
        let entered = state.open_session("/src/fork");
        assert_eq!(state.read(&entered, "forked"), "old", "{moment}");
        assert!(state.engine.has_new_identity(&entered), "{moment}");
        assert_eq!(state.read(&state.container_of("/src/api").id, "origin"), "old", "{moment}");
    }
}
