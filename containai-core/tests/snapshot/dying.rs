//! Crashes at every call.

use containai_core::engine::{Engine as _, RunState};
use containai_core::naming::VolumeName;
use containai_core::testing::run_ready;

use super::{TestWorld, desired};

#[test]
fn crash_during_create_leaves_a_snapshot_or_nothing() {
    let calls = TestWorld::new().calls(|world| drop(world.create("before", 1)));
    for moment in 0..calls {
        let world = TestWorld::new();
        world.engine.crash_after(moment);
        let _ = world.create("before", 1);
        world.recover();
        world.clean_up();
        let container = world.container_of("/src/api");
        assert_eq!(container.state, RunState::Running, "{moment}");
        assert_eq!(world.read(&container.id, "died"), "old", "{moment}");
        let is_there = world.names() == ["before"];
        let expected = if is_there { 4 } else { 2 };
        assert_eq!(world.engine.volumes().len(), expected, "{moment}");
        if !is_there {
            world.create("before", 2).unwrap_or_else(|error| panic!("{moment}: {error}"));
        }
        world.write(&container.id, "new");
        let restored = world.restore("before").expect("it is whole");
        assert_eq!(world.read(&restored.id, "whole"), "old", "{moment}");
    }
}

#[test]
fn crash_during_restore_leaves_all_old_or_all_new() {
    let prepared = || {
        let world = TestWorld::new();
        world.create("before", 1).expect("a snapshot");
        world.write(&world.container_of("/src/api").id, "new");
        world
    };
    let calls = prepared().calls(|world| drop(world.restore("before")));
    let mut found = Vec::new();
    for moment in 0..calls {
        let world = prepared();
        world.engine.crash_after(moment);
        assert!(world.restore("before").is_err(), "{moment}");
        world.recover();
        let entered = world.open_session("/src/api");
        let text = world.read(&entered, &format!("died at {moment}"));
        assert_eq!(world.container_of("/src/api").name, "api-main", "{moment}");
        world.clean_up();
        assert_eq!(world.read(&entered, &format!("mended at {moment}")), text, "{moment}");
        // The replaced volumes are removed by the next run, and no others.
        for replaced in [VolumeName::data, VolumeName::docker] {
            let replaced = replaced(&desired("/src/api").workspace);
            let is_there = world.engine.volumes().contains(&replaced);
            assert_eq!(is_there, text == "new", "{replaced} at {moment}");
        }
        let again = world.restore("before").unwrap_or_else(|error| panic!("{moment}: {error}"));
        assert_eq!(world.read(&again.id, "again"), "old", "{moment}");
        // The next run after a removal of the container uses the same volumes.
        let entered = world.open_session("/src/api");
        run_ready(world.engine.stop(&entered)).expect("it stops");
        run_ready(world.engine.remove(&entered)).expect("it goes");
        let next = world.volumes(&world.open_session("/src/api"));
        assert_eq!(world.engine.read_volume(&next.data).as_deref(), Some("old"), "{moment}");
        assert_eq!(world.engine.read_volume(&next.docker).as_deref(), Some("old"), "{moment}");
        found.push(text);
    }
    assert!(found.contains(&"old".to_owned()) && found.contains(&"new".to_owned()), "{found:?}");
}

#[test]
fn crash_during_fork_leaves_a_fork_or_none() {
    let prepared = || {
        let world = TestWorld::new();
        world.create("before", 1).expect("a snapshot");
        world
    };
    let calls = prepared().calls(|world| drop(world.fork("before")));
    for moment in 0..calls {
        let world = prepared();
        world.engine.crash_after(moment);
        assert!(world.fork("before").is_err(), "{moment}");
        world.recover();
        world.clean_up();
        let workspace = desired("/src/fork").workspace;
        let is_there = world.engine.current_containers().iter().any(|it| it.serves(&workspace));
        if !is_there {
            world.fork("before").unwrap_or_else(|error| panic!("{moment}: {error}"));
        }
        let entered = world.open_session("/src/fork");
        assert_eq!(world.read(&entered, "forked"), "old", "{moment}");
        assert!(world.engine.has_new_identity(&entered), "{moment}");
        assert_eq!(world.read(&world.container_of("/src/api").id, "origin"), "old", "{moment}");
    }
}
