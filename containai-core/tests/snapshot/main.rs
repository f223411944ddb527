//! Snapshots on the test doubles: create, restore, fork, and a crash at every call.

mod dying;

use std::path::Path;

use containai_core::engine::{
    Container, ContainerId, Engine as _, Identity, OwnVolumes, RunState, Snapshots as _,
};
use containai_core::fake::{self, FakeEngine, FakeRecords, FakeRemote, run};
use containai_core::label;
use containai_core::lifecycle::snapshot::{
    Leftovers, Snapshot, SnapshotError, Task, Vacancy, clear, create, leftovers, named,
    plan_create, plan_restore, plan_revive, remove, restore, revive, snapshots,
};
use containai_core::lifecycle::{Desired, DriveError, Observed, Silent, Step, decide, drive};
use containai_core::naming::{
    ContainerName, Nonce, SnapshotName, VolumeName, VolumeUse, WorkspacePath,
};
use containai_core::records::Records as _;
use containai_core::remote::RemoteError;
use containai_core::timestamp::Timestamp;

const NOW: Timestamp = Timestamp::from_unix(1_709_209_815);

struct World {
    engine: FakeEngine,
    remote: FakeRemote,
    records: FakeRecords,
}

fn desired(path: &str) -> Desired {
    let workspace = WorkspacePath::new(Path::new(path)).expect("a workspace path");
    let name = ContainerName::parse("api-main").expect("a name");
    Desired { name, ..fake::desired(workspace) }
}

fn nonce(number: u8) -> Nonce {
    Nonce::from_random([number; 6])
}

fn name(text: &str) -> SnapshotName {
    SnapshotName::parse(text).expect("a name")
}

impl World {
    /// Creates a running container with the content `old` in its files and volumes.
    fn new() -> Self {
        let world = Self {
            engine: FakeEngine::new(),
            remote: FakeRemote::new(),
            records: FakeRecords::default(),
        };
        let id = world.enter("/src/api");
        world.write(&id, "old");
        world
    }

    /// Opens a session as `cai run` does, with the recorded volume as the configured one.
    fn enter(&self, path: &str) -> ContainerId {
        self.try_enter(path).unwrap_or_else(|error| panic!("{error}"))
    }

    fn try_enter(&self, path: &str) -> Result<ContainerId, DriveError> {
        for _ in 0..3 {
            let wanted = self.wanted(path);
            match run(drive(&self.engine, &self.remote, &self.records, &wanted, &Silent)) {
                Err(DriveError::Remote(RemoteError::HostKeyMismatch { .. })) => self.show_servers(),
                outcome => return outcome.map(|reached| reached.container.id),
            }
            self.show_servers();
        }
        panic!("the host key never fits");
    }

    fn wanted(&self, path: &str) -> Desired {
        let wanted = desired(path);
        let data_volume = self.records.volume(&wanted.workspace);
        Desired { data_volume, ..wanted }
    }

    /// The server behind each port is that of its container.
    fn show_servers(&self) {
        for container in self.engine.snapshot() {
            if let Some(port) = container.labels.ssh_port() {
                self.remote.put_behind(port, &container.id);
            }
        }
    }

    fn volumes(&self, id: &ContainerId) -> OwnVolumes {
        run(self.engine.volumes_of(id)).expect("it has volumes")
    }

    fn write(&self, id: &ContainerId, text: &str) {
        let OwnVolumes { data, docker } = self.volumes(id);
        self.engine.write(id, text);
        self.engine.write_volume(&data, text);
        self.engine.write_volume(&docker, text);
    }

    /// Returns the content of a container, which is the same in its files and volumes.
    #[track_caller]
    fn read(&self, id: &ContainerId, when: &str) -> String {
        let OwnVolumes { data, docker } = self.volumes(id);
        let files = self.engine.read(id).unwrap_or_default();
        for volume in [data, docker] {
            assert_eq!(self.engine.read_volume(&volume).as_deref(), Some(&*files), "{when}");
        }
        files
    }

    fn of(&self, path: &str) -> Container {
        let workspace = desired(path).workspace;
        let containers = self.engine.snapshot();
        let mut serving = containers.into_iter().filter(|it| it.serves(&workspace));
        let container = serving.next().expect("it has a container");
        assert_eq!(serving.next(), None);
        container
    }

    fn create(&self, text: &str, number: u8) -> Result<Snapshot, SnapshotError> {
        let container = self.of("/src/api");
        let containers = run(self.engine.containers())?;
        let observed = Observed { containers, ..Observed::default() };
        let volumes = run(self.engine.volumes_of(&container.id))?;
        let existing = run(snapshots(&self.engine))?;
        let id = nonce(number);
        let plan =
            plan_create(&observed, &container, volumes, &existing, Some(name(text)), (id, NOW))?;
        run(create(&self.engine, &plan, &Silent))
    }

    fn restore(&self, text: &str) -> Result<Container, SnapshotError> {
        let all = run(snapshots(&self.engine))?;
        let wanted = self.wanted("/src/api");
        let container = self.of("/src/api");
        let has = run(self.engine.volumes_of(&container.id))?;
        let plan = plan_restore(named(&all, &name(text))?, &container, &has, &wanted, &nonce(99))?;
        let Self { engine, remote, records } = self;
        run(restore(engine, remote, records, &wanted, &plan, &Silent))
    }

    fn fork(&self, text: &str) -> Result<Container, SnapshotError> {
        let all = run(snapshots(&self.engine))?;
        let wanted = self.wanted("/src/fork");
        let containers = run(self.engine.containers())?;
        let observed = Observed { containers, ..Observed::default() };
        let snapshot = named(&all, &name(text))?;
        let (renewed, free) = (Identity::Renewed, Vacancy::Free);
        let plan = plan_revive(snapshot, &observed, &wanted, renewed, free, &nonce(77))?;
        let Self { engine, remote, records } = self;
        run(revive(engine, remote, records, &wanted, &plan, &Silent))
    }

    /// Runs the recovery after a crashed command.
    fn recover(&self) {
        self.engine.recover();
        self.engine.end_helpers();
    }

    fn mend(&self) {
        let left = run(leftovers(&self.engine, NOW)).expect("an answer");
        run(clear(&self.engine, &left)).expect("it can be removed");
        let left = run(leftovers(&self.engine, NOW)).expect("an answer");
        assert_eq!(left, Leftovers::default());
        assert!(self.engine.snapshot().iter().all(|it| !it.labels.is_helper()));
    }

    fn names(&self) -> Vec<String> {
        let all = run(snapshots(&self.engine)).expect("an answer");
        all.into_iter().map(|it| it.name.to_string()).collect()
    }

    /// Returns the number of calls of an operation.
    fn calls(&self, work: impl FnOnce(&Self)) -> usize {
        let before = self.engine.calls().len();
        work(self);
        self.engine.calls().len() - before
    }
}

#[test]
fn what_is_kept_comes_back_and_the_new_goes() {
    let world = World::new();
    let snapshot = world.create("before", 1).expect("a snapshot");
    assert_eq!((snapshot.name.as_str(), snapshot.container.as_str()), ("before", "api-main"));
    let old = world.of("/src/api");
    assert_eq!(old.state, RunState::Running);
    world.write(&old.id, "new");
    let container = world.restore("before").expect("it is put back");
    assert_eq!((container.name.as_str(), container.state), ("api-main", RunState::Created));
    assert_eq!(container.labels.ssh_port(), old.labels.ssh_port());
    assert_eq!(world.read(&container.id, "restored"), "old");
    let entered = world.enter("/src/api");
    assert_eq!(entered, container.id);
    assert!(!world.engine.is_renewed(&entered), "it is the same machine");
    // The previous volume is removed, and the default one is used.
    let own = VolumeName::data(&desired("/src/api").workspace);
    assert!(!world.engine.volumes().contains(&own), "{:?}", world.engine.volumes());
    run(world.engine.stop(&entered)).expect("it stops");
    run(world.engine.remove(&entered)).expect("it goes");
    let next = world.enter("/src/api");
    let volumes = world.volumes(&next);
    assert_eq!(world.engine.read_volume(&volumes.data).as_deref(), Some("old"));
    assert_eq!(world.engine.read_volume(&volumes.docker).as_deref(), Some("old"));
    world.mend();
}

#[test]
fn what_others_have_of_it_stays() {
    let world = World::new();
    world.create("before", 1).expect("a snapshot");
    let old = world.volumes(&world.of("/src/api").id);
    let shares = Desired { data_volume: Some(old.data.clone()), ..world.wanted("/src/web") };
    run(world.records.record_volume(&shares.workspace, &old.data)).expect("it is recorded");
    let other = world.enter("/src/web");
    world.restore("before").expect("it is put back");
    assert_eq!(world.volumes(&other).data, old.data);
    let has = world.engine.volumes();
    assert!(has.contains(&old.data) && !has.contains(&old.docker), "{has:?}");
}

#[test]
fn what_is_not_named_for_the_workspace_is_not_removed() {
    let workspace = desired("/src/api").workspace;
    let copy = VolumeName::copied(&workspace, None, VolumeUse::Data, &nonce(7));
    let beside = copy.docker_beside(&workspace, None);
    let old = VolumeName::data(&workspace);
    let listed = [old.as_ref(), "theirs", copy.as_ref(), beside.as_ref()].join(",");
    let pending = |name: &str| {
        let mut container = World::new().of("/src/api");
        container.state = RunState::Created;
        container.name = name.into();
        container.labels = container
            .labels
            .with(label::DATA_VOLUME, copy.as_ref())
            .with(label::TAKES_NAME, "api-main")
            .with(label::REPLACED_VOLUMES, &listed);
        let observed = Observed { containers: vec![container], ..Observed::default() };
        decide(&observed, &desired("/src/api"))
    };
    assert_eq!(pending("api-main.moving"), Step::RemoveVolumes { volumes: vec![old] });
    // A container with its final name is no longer trusted for its volumes.
    assert!(matches!(pending("api-main"), Step::InstallKey { .. }));
}

#[test]
fn a_fork_has_everything_of_its_own() {
    let world = World::new();
    world.create("before", 1).expect("a snapshot");
    let origin = world.of("/src/api");
    world.write(&origin.id, "new");
    let fork = world.fork("before").expect("a fork");
    assert_ne!(fork.name, origin.name);
    assert_ne!(fork.labels.ssh_port(), origin.labels.ssh_port());
    assert_ne!(world.volumes(&fork.id), world.volumes(&origin.id));
    let entered = world.enter("/src/fork");
    assert!(world.engine.is_renewed(&entered));
    assert_eq!(world.read(&entered, "forked"), "old");
    assert_eq!(world.read(&origin.id, "origin"), "new");
    // A fork of a fork, from a removed snapshot.
    let all = run(snapshots(&world.engine)).expect("an answer");
    run(remove(&world.engine, &all[0])).expect("it goes");
    assert_eq!(world.names(), Vec::<String>::new());
    assert_eq!(world.read(&entered, "after its snapshot is gone"), "old");
    assert!(matches!(world.fork("before"), Err(SnapshotError::Unknown { .. })));
    world.mend();
}

#[test]
fn a_fork_that_never_ran_is_not_lost_with_its_port() {
    let world = World::new();
    world.create("before", 1).expect("a snapshot");
    let fork = world.fork("before").expect("a fork");
    let port = fork.labels.ssh_port().expect("it has a port");
    world.engine.steal_port(port);
    world.remote.let_rival_take(port);
    let entered = world.enter("/src/fork");
    assert_ne!(entered, fork.id);
    assert_eq!(world.read(&entered, "moved"), "old");
}

#[test]
fn names_are_taken_once_and_found_for_those_who_give_none() {
    let world = World::new();
    world.create("before", 1).expect("a snapshot");
    assert!(matches!(world.create("before", 2), Err(SnapshotError::Exists { .. })));
    let container = world.of("/src/api");
    let existing = run(snapshots(&world.engine)).expect("an answer");
    let plan = |existing: &[Snapshot]| {
        let volumes = world.volumes(&container.id);
        let observed = Observed::default();
        plan_create(&observed, &container, volumes, existing, None, (nonce(3), NOW))
            .expect("a plan")
    };
    let first = plan(&existing).snapshot;
    assert_eq!(first.name.as_str(), "20240229-123015");
    assert_eq!(plan(&[first]).snapshot.name.as_str(), "20240229-123015-2");
}

#[test]
fn a_full_disk_is_found_before_anything_is_frozen() {
    let world = World::new();
    world.engine.fill_disk();
    assert!(matches!(world.create("before", 1), Err(SnapshotError::NoRoom { .. })));
    assert!(!world.engine.calls().contains(&"pause"));
    assert_eq!(world.of("/src/api").state, RunState::Running);
    world.mend();
    assert_eq!(world.engine.volumes().len(), 2, "{:?}", world.engine.volumes());
}

#[test]
fn whoever_shares_the_volume_is_frozen_too() {
    let world = World::new();
    let container = world.of("/src/api");
    let mut other = container.clone();
    other.id = ContainerId::new("other");
    other.name = "web-main".into();
    let mut foreign = other.clone();
    foreign.name = "foreign".into();
    foreign.labels = [("containai.data-volume", "x")].into_iter().collect();
    let observed =
        Observed { containers: vec![container.clone(), other, foreign], ..Observed::default() };
    let volumes = world.volumes(&container.id);
    let plan = plan_create(&observed, &container, volumes, &[], Some(name("a")), (nonce(1), NOW));
    let tasks = plan.expect("a plan").tasks();
    let frozen: Vec<_> = tasks
        .iter()
        .filter_map(|it| if let Task::Freeze(name) = it { Some(&**name) } else { None })
        .collect();
    assert_eq!(frozen, ["api-main", "web-main"]);
    let woken = tasks.iter().filter(|it| matches!(it, Task::Wake(_))).count();
    assert_eq!(woken, 2);
}

#[test]
fn what_another_command_is_at_is_no_leftover() {
    let world = World::new();
    let calls = world.calls(|world| drop(world.create("before", 1)));
    for moment in 0..calls {
        let world = World::new();
        world.engine.crash_after(moment);
        let _ = world.create("before", 1);
        // Its helper is still running, so the work is in progress.
        world.engine.recover();
        let has_helper = world.engine.snapshot().iter().any(|it| it.labels.is_helper());
        let left = run(leftovers(&world.engine, NOW)).expect("an answer");
        if has_helper {
            assert_eq!(left, Leftovers::default(), "{moment}");
        }
    }
}

#[test]
fn a_snapshot_that_somebody_copies_stays() {
    let world = World::new();
    world.create("before", 1).expect("a snapshot");
    let calls = world.calls(|world| drop(world.fork("before")));
    let world = World::new();
    world.create("before", 1).expect("a snapshot");
    let all = run(snapshots(&world.engine)).expect("an answer");
    let mut is_refused = false;
    for moment in 0..calls {
        world.engine.crash_after(moment);
        let _ = world.fork("before");
        world.engine.recover();
        if world.engine.snapshot().iter().any(|it| it.labels.is_helper()) {
            let removed = run(remove(&world.engine, &all[0]));
            assert!(matches!(removed, Err(SnapshotError::InUse { .. })), "{removed:?}");
            is_refused = true;
            break;
        }
    }
    assert!(is_refused);
    assert_eq!(world.names(), ["before"]);
}
