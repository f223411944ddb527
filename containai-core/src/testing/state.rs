use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Container, ContainerId, ContainerTimes, StoredImage, StoredVolume};
use crate::naming::{HostPort, RandomId, VolumeName};

/// The state of the engine.
#[derive(Debug, Default)]
pub(super) struct FakeState {
    pub(super) containers: Vec<Container>,
    pub(super) images: Vec<String>,
    pub(super) volumes: BTreeSet<VolumeName>,
    pub(super) anonymous_volumes: Vec<ContainerId>,
    pub(super) installed_keys: Vec<(ContainerId, String)>,
    pub(super) calls: Vec<&'static str>,
    pub(super) calls_left: Option<usize>,
    pub(super) vanished: Vec<ContainerId>,
    pub(super) stopping: Vec<ContainerId>,
    pub(super) taken_ports: Vec<HostPort>,
    pub(super) created: u32,
    pub(super) starts: u32,
    pub(super) last_starts: BTreeMap<ContainerId, u32>,
    pub(super) file_systems: BTreeMap<String, String>,
    pub(super) storage: FakeStorage,
    pub(super) volume_state: FakeVolumes,
}

/// The mounts and the contents of volumes.
#[derive(Debug, Default)]
pub(super) struct FakeVolumes {
    pub(super) mounts: BTreeMap<ContainerId, Vec<(&'static str, VolumeName)>>,
    pub(super) contents: BTreeMap<VolumeName, String>,
    pub(super) snapshot_volumes: BTreeMap<VolumeName, RandomId>,
    pub(super) images_without_identity: BTreeSet<String>,
    pub(super) containers_with_new_identity: BTreeSet<ContainerId>,
    pub(super) is_disk_full: bool,
}

/// The stored objects other than containers.
#[derive(Debug, Default)]
pub(super) struct FakeStorage {
    pub(super) timestamps: BTreeMap<ContainerId, ContainerTimes>,
    pub(super) images: Vec<StoredImage>,
    pub(super) volumes: Vec<StoredVolume>,
    pub(super) used_before_removal: Vec<String>,
}
