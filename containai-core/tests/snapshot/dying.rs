//! Crashes at every call.

use containai_core::engine::{Engine as _, RunState};
use containai_core::fake::run;
use containai_core::naming::VolumeName;

use super::{World, desired};

#[test]
fn dying_while_it_is_made_leaves_a_snapshot_or_nothing() {
    let calls = World::new().calls(|world| drop(world.create("before", 1)));
    for moment in 0..calls {
        let world = World::new();
        world.engine.crash_after(moment);
        let _ = world.create("before", 1);
        world.recover();
        world.mend();
        let container = world.of("/src/api");
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
fn dying_while_it_is_put_back_leaves_all_of_the_old_or_all_of_the_new() {
    let prepared = || {
        let world = World::new();
        world.create("before", 1).expect("a snapshot");
        world.write(&world.of("/src/api").id, "new");
        world
    };
    let calls = prepared().calls(|world| drop(world.restore("before")));
    let mut found = Vec::new();
    for moment in 0..calls {
        let world = prepared();
        world.engine.crash_after(moment);
        assert!(world.restore("before").is_err(), "{moment}");
        world.recover();
        let entered = world.enter("/src/api");
        let text = world.read(&entered, &format!("died at {moment}"));
        assert_eq!(world.of("/src/api").name, "api-main", "{moment}");
        world.mend();
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
        let entered = world.enter("/src/api");
        run(world.engine.stop(&entered)).expect("it stops");
        run(world.engine.remove(&entered)).expect("it goes");
        let next = world.volumes(&world.enter("/src/api"));
        assert_eq!(world.engine.read_volume(&next.data).as_deref(), Some("old"), "{moment}");
        assert_eq!(world.engine.read_volume(&next.docker).as_deref(), Some("old"), "{moment}");
        found.push(text);
    }
    assert!(found.contains(&"old".to_owned()) && found.contains(&"new".to_owned()), "{found:?}");
}

#[test]
fn dying_while_a_fork_is_made_leaves_a_fork_or_none() {
    let prepared = || {
        let world = World::new();
        world.create("before", 1).expect("a snapshot");
        world
    };
    let calls = prepared().calls(|world| drop(world.fork("before")));
    for moment in 0..calls {
        let world = prepared();
        world.engine.crash_after(moment);
        assert!(world.fork("before").is_err(), "{moment}");
        world.recover();
        world.mend();
        let workspace = desired("/src/fork").workspace;
        let is_there = world.engine.snapshot().iter().any(|it| it.serves(&workspace));
        if !is_there {
            world.fork("before").unwrap_or_else(|error| panic!("{moment}: {error}"));
        }
        let entered = world.enter("/src/fork");
        assert_eq!(world.read(&entered, "forked"), "old", "{moment}");
        assert!(world.engine.is_renewed(&entered), "{moment}");
        assert_eq!(world.read(&world.of("/src/api").id, "origin"), "old", "{moment}");
    }
}
