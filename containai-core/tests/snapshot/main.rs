//! Snapshots on the test doubles: create, restore, fork, and a crash at every call.

mod dying;

use std::path::Path;

use containai_core::engine::{
    Container, ContainerId, ContainerIdentity, ContainerVolumes, Engine as _, RunState,
    Snapshots as _,
};
use containai_core::label;
use containai_core::lifecycle::snapshot::{
    DefaultVolumes, Snapshot, SnapshotError, SnapshotLeftovers, SnapshotStep, create,
    find_leftovers, find_snapshot, list_snapshots, plan_create, plan_recreate, plan_restore,
    recreate, remove, remove_leftovers, restore,
};
use containai_core::lifecycle::{Desired, DriveError, IgnoreEvents, Observed, Step, decide, drive};
use containai_core::naming::{
    ContainerName, RandomId, SnapshotName, VolumeName, VolumeUse, WorkspacePath,
};
use containai_core::remote::RemoteError;
use containai_core::testing::{self, FakeEngine, FakeRemote, FakeWorkspaceStore, run_ready};
use containai_core::timestamp::Timestamp;
use containai_core::workspace_store::WorkspaceStore as _;

const NOW: Timestamp = Timestamp::from_unix(1_709_209_815);

struct TestWorld {
    engine: FakeEngine,
    remote: FakeRemote,
    records: FakeWorkspaceStore,
}

fn desired(path: &str) -> Desired {
    let workspace = WorkspacePath::new(Path::new(path)).expect("a workspace path");
    let name = ContainerName::parse("api-main").expect("a name");
    let mut desired = testing::sample_desired(workspace);
    desired.name = name;
    desired
}

fn random_id(number: u8) -> RandomId {
    RandomId::from_random([number; 6])
}

fn name(text: &str) -> SnapshotName {
    SnapshotName::parse(text).expect("a name")
}

impl TestWorld {
    /// Creates a running container with the content `old` in its files and volumes.
    fn new() -> Self {
        let state = Self {
            engine: FakeEngine::new(),
            remote: FakeRemote::new(),
            records: FakeWorkspaceStore::default(),
        };
        let id = state.open_session("/src/api");
        state.write(&id, "old");
        state
    }

    /// Opens a session as `cai run` does, with the recorded volume as the configured one.
    fn open_session(&self, path: &str) -> ContainerId {
        self.try_open_session(path).unwrap_or_else(|error| panic!("{error}"))
    }

    fn try_open_session(&self, path: &str) -> Result<ContainerId, DriveError> {
        for _ in 0..3 {
            let requested = self.desired_for(path);
            match run_ready(drive(
                &self.engine,
                &self.remote,
                &self.records,
                &requested,
                &IgnoreEvents,
            )) {
                Err(DriveError::Remote(RemoteError::HostKeyMismatch { .. })) => {
                    self.register_servers();
                }
                outcome => return outcome.map(|connected| connected.container.id),
            }
            self.register_servers();
        }
        panic!("the host key never fits");
    }

    fn desired_for(&self, path: &str) -> Desired {
        let requested = desired(path);
        let data_volume = self.records.volume(&requested.workspace);
        requested.with_data_volume(data_volume)
    }

    /// The server behind each port is that of its container.
    fn register_servers(&self) {
        for container in self.engine.current_containers() {
            if let Some(port) = container.labels.ssh_port() {
                self.remote.serve(port, &container.id);
            }
        }
    }

    fn volumes(&self, id: &ContainerId) -> ContainerVolumes {
        run_ready(self.engine.container_volumes(id)).expect("it has volumes")
    }

    fn write(&self, id: &ContainerId, text: &str) {
        let ContainerVolumes { data, docker } = self.volumes(id);
        self.engine.write_file_system(id, text);
        self.engine.write_volume(&data, text);
        self.engine.write_volume(&docker, text);
    }

    /// Returns the content of a container, which is the same in its files and volumes.
    #[track_caller]
    fn read(&self, id: &ContainerId, when: &str) -> String {
        let ContainerVolumes { data, docker } = self.volumes(id);
        let files = self.engine.read(id).unwrap_or_default();
        for volume in [data, docker] {
            assert_eq!(self.engine.read_volume(&volume).as_deref(), Some(&*files), "{when}");
        }
        files
    }

    fn container_of(&self, path: &str) -> Container {
        let workspace = desired(path).workspace;
        let containers = self.engine.current_containers();
        let mut serving = containers.into_iter().filter(|it| it.serves(&workspace));
        let container = serving.next().expect("it has a container");
        assert_eq!(serving.next(), None);
        container
    }

    fn create(&self, text: &str, number: u8) -> Result<Snapshot, SnapshotError> {
        let container = self.container_of("/src/api");
        let containers = run_ready(self.engine.containers())?;
        let observed = Observed::of(containers);
        let volumes = run_ready(self.engine.container_volumes(&container.id))?;
        let existing = run_ready(list_snapshots(&self.engine))?;
        let id = random_id(number);
        let plan =
            plan_create(&observed, &container, volumes, &existing, Some(name(text)), (id, NOW))?;
        run_ready(create(&self.engine, &plan, &IgnoreEvents))
    }

    fn restore(&self, text: &str) -> Result<Container, SnapshotError> {
        let all = run_ready(list_snapshots(&self.engine))?;
        let requested = self.desired_for("/src/api");
        let container = self.container_of("/src/api");
        let has = run_ready(self.engine.container_volumes(&container.id))?;
        let plan = plan_restore(
            find_snapshot(&all, &name(text))?,
            &container,
            &has,
            &requested,
            &random_id(99),
        )?;
        let Self { engine, remote, records } = self;
        run_ready(restore(engine, remote, records, &requested, &plan, &IgnoreEvents))
    }

    fn fork(&self, text: &str) -> Result<Container, SnapshotError> {
        let all = run_ready(list_snapshots(&self.engine))?;
        let requested = self.desired_for("/src/fork");
        let containers = run_ready(self.engine.containers())?;
        let observed = Observed::of(containers);
        let snapshot = find_snapshot(&all, &name(text))?;
        let (renewed, free) = (ContainerIdentity::Regenerate, DefaultVolumes::Absent);
        let plan = plan_recreate(snapshot, &observed, &requested, renewed, free, &random_id(77))?;
        let Self { engine, remote, records } = self;
        run_ready(recreate(engine, remote, records, &requested, &plan, &IgnoreEvents))
    }

    /// Runs the recovery after a crashed command.
    fn recover(&self) {
        self.engine.recover();
        self.engine.exit_helpers();
    }

    fn clean_up(&self) {
        let left = run_ready(find_leftovers(&self.engine, NOW)).expect("an answer");
        run_ready(remove_leftovers(&self.engine, &left)).expect("it can be removed");
        let left = run_ready(find_leftovers(&self.engine, NOW)).expect("an answer");
        assert_eq!(left, SnapshotLeftovers::default());
        assert!(self.engine.current_containers().iter().all(|it| !it.labels.is_helper()));
    }

    fn names(&self) -> Vec<String> {
        let all = run_ready(list_snapshots(&self.engine)).expect("an answer");
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
fn restore_brings_back_the_snapshot_and_drops_later_changes() {
    let state = TestWorld::new();
    let snapshot = state.create("before", 1).expect("a snapshot");
    assert_eq!((snapshot.name.as_str(), snapshot.container.as_str()), ("before", "api-main"));
    let old = state.container_of("/src/api");
    assert_eq!(old.state, RunState::Running);
    state.write(&old.id, "new");
    let container = state.restore("before").expect("it is put back");
    assert_eq!((container.name.as_str(), container.state), ("api-main", RunState::Created));
    assert_eq!(container.labels.ssh_port(), old.labels.ssh_port());
    assert_eq!(state.read(&container.id, "restored"), "old");
    let entered = state.open_session("/src/api");
    assert_eq!(entered, container.id);
    assert!(!state.engine.has_new_identity(&entered), "it is the same machine");
    // The previous volume is removed, and the default one is used.
    let own = VolumeName::data(&desired("/src/api").workspace);
    assert!(!state.engine.volumes().contains(&own), "{:?}", state.engine.volumes());
    run_ready(state.engine.stop(&entered)).expect("it stops");
    run_ready(state.engine.remove(&entered)).expect("it goes");
    let next = state.open_session("/src/api");
    let volumes = state.volumes(&next);
    assert_eq!(state.engine.read_volume(&volumes.data).as_deref(), Some("old"));
    assert_eq!(state.engine.read_volume(&volumes.docker).as_deref(), Some("old"));
    state.clean_up();
}

#[test]
fn volumes_used_by_other_containers_are_kept() {
    let state = TestWorld::new();
    state.create("before", 1).expect("a snapshot");
    let old = state.volumes(&state.container_of("/src/api").id);
    let shares = state.desired_for("/src/web").with_data_volume(Some(old.data.clone()));
    run_ready(state.records.set_data_volume(&shares.workspace, &old.data)).expect("it is recorded");
    let other = state.open_session("/src/web");
    state.restore("before").expect("it is put back");
    assert_eq!(state.volumes(&other).data, old.data);
    let has = state.engine.volumes();
    assert!(has.contains(&old.data) && !has.contains(&old.docker), "{has:?}");
}

#[test]
fn volumes_with_foreign_names_are_kept() {
    let workspace = desired("/src/api").workspace;
    let copy = VolumeName::restored(&workspace, None, VolumeUse::Data, &random_id(7));
    let beside = copy.docker_beside(&workspace, None);
    let old = VolumeName::data(&workspace);
    let listed = [old.as_ref(), "theirs", copy.as_ref(), beside.as_ref()].join(",");
    let pending = |name: &str| {
        let mut container = TestWorld::new().container_of("/src/api");
        container.state = RunState::Created;
        container.name = name.into();
        container.labels = container
            .labels
            .with(label::DATA_VOLUME, copy.as_ref())
            .with(label::FINAL_NAME, "api-main")
            .with(label::REPLACED_VOLUMES, &listed);
        let observed = Observed::of(vec![container]);
        decide(&observed, &desired("/src/api"))
    };
    assert_eq!(pending("api-main.moving"), Step::RemoveVolumes { volumes: vec![old] });
    // A container with its final name is no longer trusted for its volumes.
    assert!(matches!(pending("api-main"), Step::Provision { .. }));
}

#[test]
fn forks_share_nothing_with_the_original() {
    let state = TestWorld::new();
    state.create("before", 1).expect("a snapshot");
    let origin = state.container_of("/src/api");
    state.write(&origin.id, "new");
    let fork = state.fork("before").expect("a fork");
    assert_ne!(fork.name, origin.name);
    assert_ne!(fork.labels.ssh_port(), origin.labels.ssh_port());
    assert_ne!(state.volumes(&fork.id), state.volumes(&origin.id));
    let entered = state.open_session("/src/fork");
    assert!(state.engine.has_new_identity(&entered));
    assert_eq!(state.read(&entered, "forked"), "old");
    assert_eq!(state.read(&origin.id, "origin"), "new");
    // A fork of a fork, from a removed snapshot.
    let all = run_ready(list_snapshots(&state.engine)).expect("an answer");
    run_ready(remove(&state.engine, &all[0])).expect("it goes");
    assert_eq!(state.names(), Vec::<String>::new());
    assert_eq!(state.read(&entered, "after its snapshot is gone"), "old");
    assert!(matches!(state.fork("before"), Err(SnapshotError::Unknown { .. })));
    state.clean_up();
}

#[test]
fn port_conflict_keeps_the_files_of_a_new_fork() {
    let state = TestWorld::new();
    state.create("before", 1).expect("a snapshot");
    let fork = state.fork("before").expect("a fork");
    let port = fork.labels.ssh_port().expect("it has a port");
    state.engine.take_port(port);
    state.remote.take_port_after_reservation(port);
    let entered = state.open_session("/src/fork");
    assert_ne!(entered, fork.id);
    assert_eq!(state.read(&entered, "moved"), "old");
}

#[test]
fn names_are_unique_and_generated_when_omitted() {
    let state = TestWorld::new();
    state.create("before", 1).expect("a snapshot");
    assert!(matches!(state.create("before", 2), Err(SnapshotError::Exists { .. })));
    let container = state.container_of("/src/api");
    let existing = run_ready(list_snapshots(&state.engine)).expect("an answer");
    let plan = |existing: &[Snapshot]| {
        let volumes = state.volumes(&container.id);
        let observed = Observed::default();
        plan_create(&observed, &container, volumes, existing, None, (random_id(3), NOW))
            .expect("a plan")
    };
    let first = plan(&existing).snapshot;
    assert_eq!(first.name.as_str(), "20240229-123015");
    assert_eq!(plan(&[first]).snapshot.name.as_str(), "20240229-123015-2");
}

#[test]
fn full_disk_is_detected_before_pausing() {
    let state = TestWorld::new();
    state.engine.fill_disk();
    assert!(matches!(state.create("before", 1), Err(SnapshotError::NoSpace { .. })));
    assert!(!state.engine.calls().contains(&"pause"));
    assert_eq!(state.container_of("/src/api").state, RunState::Running);
    state.clean_up();
    assert_eq!(state.engine.volumes().len(), 2, "{:?}", state.engine.volumes());
}

#[test]
fn containers_that_share_the_volume_are_paused_too() {
    let state = TestWorld::new();
    let container = state.container_of("/src/api");
    let mut other = container.clone();
    other.id = ContainerId::new("other");
    other.name = "web-main".into();
    let mut foreign = other.clone();
    foreign.name = "foreign".into();
    foreign.labels = [("containai.data-volume", "x")].into_iter().collect();
    let observed = Observed::of(vec![container.clone(), other, foreign]);
    let volumes = state.volumes(&container.id);
    let plan =
        plan_create(&observed, &container, volumes, &[], Some(name("a")), (random_id(1), NOW));
    let tasks = plan.expect("a plan").steps();
    let paused: Vec<_> = tasks
        .iter()
        .filter_map(|it| if let SnapshotStep::Pause(name) = it { Some(&**name) } else { None })
        .collect();
    assert_eq!(paused, ["api-main", "web-main"]);
    let woken = tasks.iter().filter(|it| matches!(it, SnapshotStep::Unpause(_))).count();
    assert_eq!(woken, 2);
}

#[test]
fn work_in_progress_is_no_leftover() {
    let state = TestWorld::new();
    let calls = state.calls(|state| drop(state.create("before", 1)));
    for moment in 0..calls {
        let state = TestWorld::new();
        state.engine.crash_after(moment);
        let _ = state.create("before", 1);
        // Its helper is still running, so the work is in progress.
        state.engine.recover();
        let has_helper = state.engine.current_containers().iter().any(|it| it.labels.is_helper());
        let left = run_ready(find_leftovers(&state.engine, NOW)).expect("an answer");
        if has_helper {
            assert_eq!(left, SnapshotLeftovers::default(), "{moment}");
        }
    }
}

#[test]
fn snapshots_being_copied_are_not_removed() {
    let state = TestWorld::new();
    state.create("before", 1).expect("a snapshot");
    let calls = state.calls(|state| drop(state.fork("before")));
    let state = TestWorld::new();
    state.create("before", 1).expect("a snapshot");
    let all = run_ready(list_snapshots(&state.engine)).expect("an answer");
    let mut is_refused = false;
    for moment in 0..calls {
        state.engine.crash_after(moment);
        let _ = state.fork("before");
        state.engine.recover();
        if state.engine.current_containers().iter().any(|it| it.labels.is_helper()) {
            let removed = run_ready(remove(&state.engine, &all[0]));
            assert!(matches!(removed, Err(SnapshotError::InUse { .. })), "{removed:?}");
            is_refused = true;
            break;
        }
    }
    assert!(is_refused);
    assert_eq!(state.names(), ["before"]);
}
