//! Volumes and volume copies of the in-memory engine.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::{FakeEngine, World};
use crate::byte_size::ByteSize;
use crate::engine::{
    Anonymous, Container, ContainerId, CopyJob, Copying, EngineError, OwnVolumes, Room, RunState,
    Snapshots, StoredImage, StoredVolume, Succession,
};
use crate::label::{self, Labels};
use crate::layout;
use crate::naming::{Nonce, SnapshotName, VolumeName, WorkspacePath};

/// The mounts and the contents of volumes.
#[derive(Debug, Default)]
pub(super) struct Copies {
    mounts: BTreeMap<ContainerId, Vec<(&'static str, VolumeName)>>,
    contents: BTreeMap<VolumeName, String>,
    of_snapshots: BTreeMap<VolumeName, Nonce>,
    anonymous: BTreeSet<String>,
    renewed: BTreeSet<ContainerId>,
    is_full: bool,
}

impl Copies {
    pub(super) fn mount(
        &mut self,
        id: &ContainerId,
        data: Option<&VolumeName>,
        docker: Option<&VolumeName>,
    ) {
        let all = [(layout::CONTAINER_DATA, data), (layout::CONTAINER_DOCKER, docker)];
        let named = all.into_iter().filter_map(|(at, volume)| Some((at, volume?.clone())));
        self.mounts.insert(id.clone(), named.collect());
    }

    pub(super) fn identify(&mut self, id: &ContainerId, image: &str) {
        if self.anonymous.contains(image) {
            self.renewed.insert(id.clone());
        }
    }

    pub(super) fn succeed(&mut self, old: &ContainerId, id: &ContainerId, of: &Succession) {
        let mut mounts = self.mounts.get(old).cloned().unwrap_or_default();
        for (at, volume) in &mut mounts {
            if let Some(other) = of.volumes.get(at) {
                *volume = other.clone();
            }
        }
        self.mounts.insert(id.clone(), mounts);
    }
}

impl World {
    fn users(&self, volume: &VolumeName) -> Vec<ContainerId> {
        let has = |it: &&Container| {
            let mounts = self.copies.mounts.get(&it.id);
            mounts.is_some_and(|mounts| mounts.iter().any(|(_, name)| name == volume))
        };
        self.containers.iter().filter(has).map(|it| it.id.clone()).collect()
    }

    pub(super) fn made_of(&self, image: &StoredImage) -> Vec<ContainerId> {
        let id = image.labels.snapshot();
        let is_of_it = |it: &&Container| id.is_some() && it.labels.snapshot() == id;
        let are = self.containers.iter().filter(is_of_it).filter(|it| !it.labels.is_helper());
        are.map(|it| it.id.clone()).collect()
    }

    pub(super) fn remove_copy(&mut self, name: &str) -> Result<(), EngineError> {
        let Ok(volume) = VolumeName::parse(name) else { return Ok(()) };
        if !self.users(&volume).is_empty() {
            let message = format!("volume {name} is in use");
            return Err(EngineError::Refused { status: 409, message });
        }
        self.volumes.remove(&volume);
        self.copies.contents.remove(&volume);
        self.copies.of_snapshots.remove(&volume);
        Ok(())
    }
}

impl FakeEngine {
    /// Writes into a volume.
    pub fn write_volume(&self, volume: &VolumeName, text: &str) {
        self.world().copies.contents.insert(volume.clone(), text.to_owned());
    }

    /// Returns the content of a volume.
    pub fn read_volume(&self, volume: &VolumeName) -> Option<String> {
        self.world().copies.contents.get(volume).cloned()
    }

    /// Returns whether the container was created with a new identity.
    pub fn is_renewed(&self, id: &ContainerId) -> bool {
        self.world().copies.renewed.contains(id)
    }

    /// Leaves no free space on the engine's disk.
    pub fn fill_disk(&self) {
        self.world().copies.is_full = true;
    }

    /// Exits every helper, as when its command has ended.
    pub fn end_helpers(&self) {
        for container in self.world().containers.iter_mut().filter(|it| it.labels.is_helper()) {
            container.state = RunState::Exited;
        }
    }
}

/// A volume copy of the in-memory engine.
#[derive(Debug)]
pub struct FakeCopying<'e> {
    engine: &'e FakeEngine,
    helper: ContainerId,
    job: CopyJob,
    room: Room,
}

impl Copying for FakeCopying<'_> {
    fn helper(&self) -> &ContainerId {
        &self.helper
    }

    fn room(&self) -> Room {
        self.room
    }

    async fn copy(&mut self) -> Result<(), EngineError> {
        let mut world = self.engine.call("copy")?;
        for copy in &self.job.copies {
            let text = world.copies.contents.get(&copy.from).cloned().unwrap_or_default();
            world.copies.contents.insert(copy.to.clone(), text);
        }
        Ok(())
    }

    async fn sync(&mut self) -> Result<(), EngineError> {
        self.engine.call("sync").map(drop)
    }

    async fn close(self) -> Result<(), EngineError> {
        self.engine.dismiss(&self.helper).await
    }
}

impl Snapshots for FakeEngine {
    type Copying<'e> = FakeCopying<'e>;

    async fn volumes_of(&self, id: &ContainerId) -> Result<OwnVolumes, EngineError> {
        let mut world = self.call("container_volumes")?;
        world.container(id)?;
        let mounts = world.copies.mounts.get(id).cloned().unwrap_or_default();
        let at = |place| mounts.iter().find(|(at, _)| *at == place).map(|(_, name)| name.clone());
        match (at(layout::CONTAINER_DATA), at(layout::CONTAINER_DOCKER)) {
            (Some(data), Some(docker)) => Ok(OwnVolumes { data, docker }),
            _ => Err(EngineError::NoSuchContainer { id: id.to_string() }),
        }
    }

    async fn freeze(&self, id: &ContainerId) -> Result<(), EngineError> {
        let mut world = self.call("pause")?;
        let container = world.container(id)?;
        if container.state == RunState::Running {
            container.state = RunState::Paused;
        }
        Ok(())
    }

    async fn begin_copy(&self, job: &CopyJob) -> Result<FakeCopying<'_>, EngineError> {
        let mut world = self.call("start_copy")?;
        world.made += 1;
        let helper = ContainerId::new(format!("id-{}", world.made));
        let list = |names: Vec<&str>| names.join(",");
        let to = list(job.copies.iter().map(|it| it.to.as_ref()).collect());
        let frozen = list(job.freezes.iter().map(AsRef::as_ref).collect());
        let labels = [(label::MANAGED, "true"), (label::COPIES, &*to), (label::FREEZES, &*frozen)];
        let mut labels: Labels = labels.into_iter().collect();
        if let Some(id) = &job.snapshot {
            labels = labels.with(label::SNAPSHOT, id.as_str());
        }
        for copy in &job.copies {
            world.volumes.insert(copy.to.clone());
            if let Some(id) = &job.snapshot {
                world.copies.of_snapshots.insert(copy.to.clone(), id.clone());
            }
        }
        let both = job.copies.iter().flat_map(|it| [&it.from, &it.to]).cloned();
        world.copies.mounts.insert(helper.clone(), both.map(|name| ("", name)).collect());
        world.containers.push(Container {
            id: helper.clone(),
            name: format!("helper-{helper}"),
            state: RunState::Running,
            status: String::new(),
            image: job.image.clone(),
            labels,
        });
        let free = ByteSize::from_bytes(if world.copies.is_full { 0 } else { 1 << 40 });
        let room = Room { needed: ByteSize::from_bytes(1000), free };
        Ok(FakeCopying { engine: self, helper, job: job.clone(), room })
    }

    async fn commit(&self, id: &ContainerId, labels: &Labels) -> Result<String, EngineError> {
        let mut world = self.call("commit_snapshot")?;
        let mut all = world.container(id)?.labels.clone();
        for (key, value) in labels.iter() {
            all = all.with(key, value);
        }
        world.made += 1;
        let image = format!("sha256:{}", world.made);
        let files = world.file_systems.get(id.as_ref()).cloned().unwrap_or_default();
        world.file_systems.insert(image.clone(), files);
        world.stored.images.push(StoredImage {
            id: image.clone(),
            references: Vec::new(),
            labels: all,
            size: ByteSize::from_bytes(500),
            used_by: Vec::new(),
            is_in_snapshot: true,
        });
        Ok(image)
    }

    async fn anonymise(&self, image: &str, _: &WorkspacePath) -> Result<Anonymous, EngineError> {
        let mut world = self.call("anonymise")?;
        world.made += 1;
        let helper = ContainerId::new(format!("id-{}", world.made));
        let made = format!("kept-{helper}");
        let files = world.file_systems.get(image).cloned().unwrap_or_default();
        world.file_systems.insert(made.clone(), files);
        world.images.push(made.clone());
        world.copies.anonymous.insert(made.clone());
        let labels = [(label::MANAGED, "true"), (label::ANONYMISES, image)].into_iter().collect();
        world.containers.push(Container {
            id: helper.clone(),
            name: format!("helper-{helper}"),
            state: RunState::Created,
            status: String::new(),
            image: image.to_owned(),
            labels,
        });
        Ok(Anonymous { image: made, helper })
    }

    async fn name_snapshot(&self, image: &str, id: &Nonce) -> Result<(), EngineError> {
        let mut world = self.call("tag_snapshot")?;
        let reference = SnapshotName::image(id);
        for stored in world.stored.images.iter_mut().filter(|it| it.id == image) {
            stored.references.push(reference.clone());
        }
        let files = world.file_systems.get(image).cloned().unwrap_or_default();
        world.file_systems.insert(reference.clone(), files);
        world.images.push(reference);
        Ok(())
    }

    async fn retain(&self, image: &str, container: &ContainerId) -> Result<(), EngineError> {
        let mut world = self.call("retain_image")?;
        world.container(container)?;
        let is_meant = |it: &&mut StoredImage| it.references.iter().any(|name| name == image);
        match world.stored.images.iter_mut().find(is_meant) {
            Some(stored) => {
                stored.references.push(format!("kept-{container}"));
                Ok(())
            }
            None => Err(EngineError::NoSuchImage { image: image.to_owned() }),
        }
    }

    async fn nameless_snapshots(&self) -> Result<Vec<(String, Nonce)>, EngineError> {
        let world = self.call("untagged_snapshots")?;
        let nameless = world.stored.images.iter().filter(|it| it.references.is_empty());
        Ok(nameless.filter_map(|it| Some((it.id.clone(), it.labels.snapshot()?))).collect())
    }

    async fn snapshot_volumes(&self) -> Result<Vec<StoredVolume>, EngineError> {
        let world = self.call("snapshot_volumes")?;
        let stored = |(name, id): (&VolumeName, &Nonce)| StoredVolume {
            name: name.to_string(),
            labels: [(label::MANAGED, "true"), (label::SNAPSHOT, id.as_str())]
                .into_iter()
                .collect(),
            created: None,
            size: None,
            used_by: world.users(name),
        };
        Ok(world.copies.of_snapshots.iter().map(stored).collect())
    }

    async fn dismiss(&self, helper: &ContainerId) -> Result<(), EngineError> {
        let mut world = self.call("remove_helper")?;
        world.containers.retain(|it| it.id != *helper || !it.labels.is_helper());
        Ok(())
    }
}
