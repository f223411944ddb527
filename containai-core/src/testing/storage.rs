//! Storage of the in-memory engine.

use super::engine::FakeEngine;
use super::state::FakeState;
use crate::byte_size::ByteSize;
use crate::engine::{
    ContainerId, ContainerTimes, EngineError, RunState, Storage, StoredImage, StoredVolume,
};
use crate::label::Labels;

impl FakeEngine {
    /// Sets the creation, start and exit times of a container. Its state is still that of
    /// the container.
    pub fn set_timestamps(&self, id: &ContainerId, times: ContainerTimes) {
        self.state().storage.timestamps.insert(id.clone(), times);
    }

    /// Adds an image to the store.
    #[must_use]
    pub fn with_image(self, image: StoredImage) -> Self {
        self.state().storage.images.push(image);
        self
    }

    /// Adds a volume with its storage details.
    #[must_use]
    pub fn with_stored_volume(self, volume: StoredVolume) -> Self {
        self.state().storage.volumes.push(volume);
        self
    }

    /// Lets another process start to use a volume or an image at the moment of its
    /// removal.
    pub fn use_before_removal(&self, name: &str) {
        self.state().storage.used_before_removal.push(name.to_owned());
    }

    /// Starts a container as another process would, between an observation and the next
    /// step.
    pub fn start_concurrently(&self, id: &ContainerId) {
        for container in self.state().containers.iter_mut().filter(|it| it.id == *id) {
            container.state = RunState::Running;
        }
    }
}

impl FakeState {
    fn require_unused(&self, name: &str) -> Result<(), EngineError> {
        if !self.storage.used_before_removal.iter().any(|it| it == name) {
            return Ok(());
        }
        let message = format!("{name} is in use");
        Err(EngineError::Refused { status: 409, message })
    }

    pub(super) fn remove_volume(&mut self, name: &str) -> Result<(), EngineError> {
        self.require_unused(name)?;
        let users = self.storage.volumes.iter().find(|it| it.name == name);
        if users.is_some_and(|volume| !self.existing_users(&volume.used_by).is_empty()) {
            let message = format!("volume {name} is in use");
            return Err(EngineError::Refused { status: 409, message });
        }
        self.remove_volume_state(name)?;
        self.storage.volumes.retain(|volume| volume.name != name);
        Ok(())
    }

    /// Returns the users that still exist.
    fn existing_users(&self, users: &[ContainerId]) -> Vec<ContainerId> {
        let is_alive = |id: &&ContainerId| self.containers.iter().any(|it| it.id == **id);
        users.iter().filter(is_alive).cloned().collect()
    }
}

impl Storage for FakeEngine {
    fn owns(&self, labels: &Labels) -> bool {
        labels.is_managed()
    }

    async fn container_times(&self, id: &ContainerId) -> Result<ContainerTimes, EngineError> {
        let mut fake = self.call("container_times")?;
        let state = fake.container(id)?.state;
        let never = ContainerTimes { state, created: None, started: None, finished: None };
        let known = fake.storage.timestamps.get(id).copied().unwrap_or(never);
        Ok(ContainerTimes { state, ..known })
    }

    async fn size(&self, id: &ContainerId) -> Result<Option<ByteSize>, EngineError> {
        self.call("size")?.container(id)?;
        Ok(Some(ByteSize::from_bytes(1000)))
    }

    async fn images(&self) -> Result<Vec<StoredImage>, EngineError> {
        let fake = self.call("images")?;
        let mut images = fake.storage.images.clone();
        for image in &mut images {
            image.used_by = fake.existing_users(&image.used_by);
            image.used_by.extend(fake.containers_of(image));
        }
        images.retain(|image| !image.references.is_empty());
        Ok(images)
    }

    async fn volumes(&self) -> Result<Vec<StoredVolume>, EngineError> {
        let fake = self.call("volumes")?;
        let mut volumes = fake.storage.volumes.clone();
        for volume in &mut volumes {
            volume.used_by = fake.existing_users(&volume.used_by);
        }
        Ok(volumes)
    }

    async fn remove_image(&self, reference: &str) -> Result<(), EngineError> {
        let mut fake = self.call("remove_image")?;
        fake.require_unused(reference)?;
        for image in &mut fake.storage.images {
            image.references.retain(|name| name != reference && image.id != reference);
        }
        fake.images.retain(|image| image != reference);
        fake.storage.images.retain(|image| !image.references.is_empty());
        Ok(())
    }
}
