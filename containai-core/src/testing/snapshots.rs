//! Volumes and volume copies of the in-memory engine.

use super::engine::FakeEngine;
use super::state::{FakeState, FakeVolumes};
use crate::byte_size::ByteSize;
use crate::engine::{
    AnonymisedImage, Container, ContainerId, ContainerVolumes, CopyJob, CopySpace, EngineError,
    ReplacementSpec, RunState, Snapshots, StoredImage, StoredVolume, VolumeCopier,
};
use crate::label::{self, Labels};
use crate::layout;
use crate::naming::{RandomId, SnapshotName, VolumeName, WorkspacePath};

impl FakeVolumes {
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

    pub(super) fn note_identity(&mut self, id: &ContainerId, image: &str) {
        if self.images_without_identity.contains(image) {
            self.containers_with_new_identity.insert(id.clone());
        }
    }

    pub(super) fn mount_replacement(
        &mut self,
        old: &ContainerId,
        id: &ContainerId,
        of: &ReplacementSpec,
    ) {
        let mut mounts = self.mounts.get(old).cloned().unwrap_or_default();
        for (at, volume) in &mut mounts {
            if let Some(other) = of.volumes.get(at) {
                *volume = other.clone();
            }
        }
        self.mounts.insert(id.clone(), mounts);
    }
}

impl FakeState {
    fn volume_users(&self, volume: &VolumeName) -> Vec<ContainerId> {
        let has = |it: &&Container| {
            let mounts = self.volume_state.mounts.get(&it.id);
            mounts.is_some_and(|mounts| mounts.iter().any(|(_, name)| name == volume))
        };
        self.containers.iter().filter(has).map(|it| it.id.clone()).collect()
    }

    pub(super) fn containers_of(&self, image: &StoredImage) -> Vec<ContainerId> {
        let id = image.labels.snapshot();
        let is_of_it = |it: &&Container| id.is_some() && it.labels.snapshot() == id;
        let are = self.containers.iter().filter(is_of_it).filter(|it| !it.labels.is_helper());
        are.map(|it| it.id.clone()).collect()
    }

    pub(super) fn remove_volume_state(&mut self, name: &str) -> Result<(), EngineError> {
        let Ok(volume) = VolumeName::parse(name) else { return Ok(()) };
        if !self.volume_users(&volume).is_empty() {
            let message = format!("volume {name} is in use");
            return Err(EngineError::Refused { status: 409, message });
        }
        self.volumes.remove(&volume);
        self.volume_state.contents.remove(&volume);
        self.volume_state.snapshot_volumes.remove(&volume);
        Ok(())
    }
}

impl FakeEngine {
    /// Writes into a volume.
    pub fn write_volume(&self, volume: &VolumeName, text: &str) {
        self.state().volume_state.contents.insert(volume.clone(), text.to_owned());
    }

    /// Returns the content of a volume.
    pub fn read_volume(&self, volume: &VolumeName) -> Option<String> {
        self.state().volume_state.contents.get(volume).cloned()
    }

    /// Returns whether the container was created with a new identity.
    pub fn has_new_identity(&self, id: &ContainerId) -> bool {
        self.state().volume_state.containers_with_new_identity.contains(id)
    }

    /// Leaves no free space on the engine's disk.
    pub fn fill_disk(&self) {
        self.state().volume_state.is_disk_full = true;
    }

    /// Exits every helper, as when its command has ended.
    pub fn exit_helpers(&self) {
        for container in self.state().containers.iter_mut().filter(|it| it.labels.is_helper()) {
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
    space: CopySpace,
}

impl VolumeCopier for FakeCopying<'_> {
    fn helper(&self) -> &ContainerId {
        &self.helper
    }

    fn space(&self) -> CopySpace {
        self.space
    }

    async fn copy(&mut self) -> Result<(), EngineError> {
        let mut fake = self.engine.call("copy")?;
        for copy in &self.job.copies {
            let text = fake.volume_state.contents.get(&copy.from).cloned().unwrap_or_default();
            fake.volume_state.contents.insert(copy.to.clone(), text);
        }
        Ok(())
    }

    async fn sync(&mut self) -> Result<(), EngineError> {
        self.engine.call("sync").map(drop)
    }

    async fn close(self) -> Result<(), EngineError> {
        self.engine.remove_helper(&self.helper).await
    }
}

impl Snapshots for FakeEngine {
    type Copier<'e> = FakeCopying<'e>;

    async fn container_volumes(&self, id: &ContainerId) -> Result<ContainerVolumes, EngineError> {
        let mut fake = self.call("container_volumes")?;
        fake.container(id)?;
        let mounts = fake.volume_state.mounts.get(id).cloned().unwrap_or_default();
        let at = |place| mounts.iter().find(|(at, _)| *at == place).map(|(_, name)| name.clone());
        match (at(layout::CONTAINER_DATA), at(layout::CONTAINER_DOCKER)) {
            (Some(data), Some(docker)) => Ok(ContainerVolumes { data, docker }),
            _ => Err(EngineError::NoSuchContainer { id: id.to_string() }),
        }
    }

    async fn pause(&self, id: &ContainerId) -> Result<(), EngineError> {
        let mut fake = self.call("pause")?;
        let container = fake.container(id)?;
        if container.state == RunState::Running {
            container.state = RunState::Paused;
        }
        Ok(())
    }

    async fn start_copy(&self, job: &CopyJob) -> Result<FakeCopying<'_>, EngineError> {
        let mut fake = self.call("start_copy")?;
        fake.created += 1;
        let helper = ContainerId::new(format!("id-{}", fake.created));
        let list = |names: Vec<&str>| names.join(",");
        let to = list(job.copies.iter().map(|it| it.to.as_ref()).collect());
        let paused = list(job.pauses.iter().map(AsRef::as_ref).collect());
        let labels = [(label::MANAGED, "true"), (label::COPIES, &*to), (label::PAUSES, &*paused)];
        let mut labels: Labels = labels.into_iter().collect();
        if let Some(id) = &job.snapshot {
            labels = labels.with(label::SNAPSHOT, id.as_str());
        }
        for copy in &job.copies {
            fake.volumes.insert(copy.to.clone());
            if let Some(id) = &job.snapshot {
                fake.volume_state.snapshot_volumes.insert(copy.to.clone(), id.clone());
            }
        }
        let both = job.copies.iter().flat_map(|it| [&it.from, &it.to]).cloned();
        fake.volume_state.mounts.insert(helper.clone(), both.map(|name| ("", name)).collect());
        fake.containers.push(
            Container::new(helper.clone(), format!("helper-{helper}"), RunState::Running)
                .with_image(job.image.clone())
                .with_labels(labels),
        );
        let free = ByteSize::from_bytes(if fake.volume_state.is_disk_full { 0 } else { 1 << 40 });
        let space = CopySpace { needed: ByteSize::from_bytes(1000), free };
        Ok(FakeCopying { engine: self, helper, job: job.clone(), space })
    }

    async fn commit_snapshot(
        &self,
        id: &ContainerId,
        labels: &Labels,
    ) -> Result<String, EngineError> {
        let mut fake = self.call("commit_snapshot")?;
        let mut all = fake.container(id)?.labels.clone();
        for (key, value) in labels.iter() {
            all = all.with(key, value);
        }
        fake.created += 1;
        let image = format!("sha256:{}", fake.created);
        let files = fake.file_systems.get(id.as_ref()).cloned().unwrap_or_default();
        fake.file_systems.insert(image.clone(), files);
        fake.storage.images.push(StoredImage {
            id: image.clone(),
            references: Vec::new(),
            labels: all,
            size: ByteSize::from_bytes(500),
            used_by: Vec::new(),
            is_in_snapshot: true,
        });
        Ok(image)
    }

    async fn anonymise(
        &self,
        image: &str,
        _: &WorkspacePath,
    ) -> Result<AnonymisedImage, EngineError> {
        let mut fake = self.call("anonymise")?;
        fake.created += 1;
        let helper = ContainerId::new(format!("id-{}", fake.created));
        let committed = format!("kept-{helper}");
        let files = fake.file_systems.get(image).cloned().unwrap_or_default();
        fake.file_systems.insert(committed.clone(), files);
        fake.images.push(committed.clone());
        fake.volume_state.images_without_identity.insert(committed.clone());
        let labels = [(label::MANAGED, "true"), (label::ANONYMISES, image)].into_iter().collect();
        fake.containers.push(
            Container::new(helper.clone(), format!("helper-{helper}"), RunState::Created)
                .with_image(image.to_owned())
                .with_labels(labels),
        );
        Ok(AnonymisedImage { image: committed, helper })
    }

    async fn tag_snapshot(&self, image: &str, id: &RandomId) -> Result<(), EngineError> {
        let mut fake = self.call("tag_snapshot")?;
        let reference = SnapshotName::image_reference(id);
        for stored in fake.storage.images.iter_mut().filter(|it| it.id == image) {
            stored.references.push(reference.clone());
        }
        let files = fake.file_systems.get(image).cloned().unwrap_or_default();
        fake.file_systems.insert(reference.clone(), files);
        fake.images.push(reference);
        Ok(())
    }

    async fn retain(&self, image: &str, container: &ContainerId) -> Result<(), EngineError> {
        let mut fake = self.call("retain_image")?;
        fake.container(container)?;
        let is_meant = |it: &&mut StoredImage| it.references.iter().any(|name| name == image);
        match fake.storage.images.iter_mut().find(is_meant) {
            Some(stored) => {
                stored.references.push(format!("kept-{container}"));
                Ok(())
            }
            None => Err(EngineError::NoSuchImage { image: image.to_owned() }),
        }
    }

    async fn untagged_snapshots(&self) -> Result<Vec<(String, RandomId)>, EngineError> {
        let fake = self.call("untagged_snapshots")?;
        let nameless = fake.storage.images.iter().filter(|it| it.references.is_empty());
        Ok(nameless.filter_map(|it| Some((it.id.clone(), it.labels.snapshot()?))).collect())
    }

    async fn snapshot_volumes(&self) -> Result<Vec<StoredVolume>, EngineError> {
        let fake = self.call("snapshot_volumes")?;
        let stored = |(name, id): (&VolumeName, &RandomId)| StoredVolume {
            name: name.to_string(),
            labels: [(label::MANAGED, "true"), (label::SNAPSHOT, id.as_str())]
                .into_iter()
                .collect(),
            created: None,
            size: None,
            used_by: fake.volume_users(name),
        };
        Ok(fake.volume_state.snapshot_volumes.iter().map(stored).collect())
    }

    async fn remove_helper(&self, helper: &ContainerId) -> Result<(), EngineError> {
        let mut fake = self.call("remove_helper")?;
        fake.containers.retain(|it| it.id != *helper || !it.labels.is_helper());
        Ok(())
    }
}
