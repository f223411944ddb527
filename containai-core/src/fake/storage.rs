//! Storage of the in-memory engine.

use std::collections::BTreeMap;

use super::engine::{FakeEngine, World};
use crate::byte_size::ByteSize;
use crate::engine::{
    ContainerId, EngineError, Moments, RunState, Storage, StoredImage, StoredVolume,
};
use crate::label::Labels;

/// The stored objects other than containers.
#[derive(Debug, Default)]
pub(super) struct Stored {
    moments: BTreeMap<ContainerId, Moments>,
    pub(super) images: Vec<StoredImage>,
    volumes: Vec<StoredVolume>,
    claimed: Vec<String>,
}

impl FakeEngine {
    /// Sets the creation, start and exit times of a container. Its state is still that of
    /// the container.
    pub fn date(&self, id: &ContainerId, moments: Moments) {
        self.world().stored.moments.insert(id.clone(), moments);
    }

    /// Adds an image to the store.
    #[must_use]
    pub fn with_image(self, image: StoredImage) -> Self {
        self.world().stored.images.push(image);
        self
    }

    /// Adds a volume with its storage details.
    #[must_use]
    pub fn with_stored_volume(self, volume: StoredVolume) -> Self {
        self.world().stored.volumes.push(volume);
        self
    }

    /// Lets another process start to use a volume or an image at the moment of its
    /// removal.
    pub fn claim(&self, name: &str) {
        self.world().stored.claimed.push(name.to_owned());
    }

    /// Starts a container as another process would, between an observation and the next
    /// step.
    pub fn start_secretly(&self, id: &ContainerId) {
        for container in self.world().containers.iter_mut().filter(|it| it.id == *id) {
            container.state = RunState::Running;
        }
    }
}

impl World {
    fn require_unclaimed(&self, name: &str) -> Result<(), EngineError> {
        if !self.stored.claimed.iter().any(|it| it == name) {
            return Ok(());
        }
        let message = format!("{name} is in use");
        Err(EngineError::Refused { status: 409, message })
    }

    pub(super) fn remove_volume(&mut self, name: &str) -> Result<(), EngineError> {
        self.require_unclaimed(name)?;
        let users = self.stored.volumes.iter().find(|it| it.name == name);
        if users.is_some_and(|volume| !self.alive(&volume.used_by).is_empty()) {
            let message = format!("volume {name} is in use");
            return Err(EngineError::Refused { status: 409, message });
        }
        self.remove_copy(name)?;
        self.stored.volumes.retain(|volume| volume.name != name);
        Ok(())
    }

    /// Returns the users that still exist.
    fn alive(&self, users: &[ContainerId]) -> Vec<ContainerId> {
        let is_alive = |id: &&ContainerId| self.containers.iter().any(|it| it.id == **id);
        users.iter().filter(is_alive).cloned().collect()
    }
}

impl Storage for FakeEngine {
    fn shows(&self, labels: &Labels) -> bool {
        labels.is_managed()
    }

    async fn moments(&self, id: &ContainerId) -> Result<Moments, EngineError> {
        let mut world = self.call("container_times")?;
        let state = world.container(id)?.state;
        let never = Moments { state, created: None, started: None, finished: None };
        let known = world.stored.moments.get(id).copied().unwrap_or(never);
        Ok(Moments { state, ..known })
    }

    async fn size(&self, id: &ContainerId) -> Result<Option<ByteSize>, EngineError> {
        self.call("size")?.container(id)?;
        Ok(Some(ByteSize::from_bytes(1000)))
    }

    async fn images(&self) -> Result<Vec<StoredImage>, EngineError> {
        let world = self.call("images")?;
        let mut images = world.stored.images.clone();
        for image in &mut images {
            image.used_by = world.alive(&image.used_by);
            image.used_by.extend(world.made_of(image));
        }
        images.retain(|image| !image.references.is_empty());
        Ok(images)
    }

    async fn volumes(&self) -> Result<Vec<StoredVolume>, EngineError> {
        let world = self.call("volumes")?;
        let mut volumes = world.stored.volumes.clone();
        for volume in &mut volumes {
            volume.used_by = world.alive(&volume.used_by);
        }
        Ok(volumes)
    }

    async fn remove_image(&self, reference: &str) -> Result<(), EngineError> {
        let mut world = self.call("remove_image")?;
        world.require_unclaimed(reference)?;
        for image in &mut world.stored.images {
            image.references.retain(|name| name != reference && image.id != reference);
        }
        world.images.retain(|image| image != reference);
        world.stored.images.retain(|image| !image.references.is_empty());
        Ok(())
    }
}
