//! The options of one command, in addition to the configuration.

use crate::engine::{ContainerId, ExtraMount, Lifetime, LinkedRepository, Protection};
use crate::naming::VolumeName;

/// The options of one command. By default the existing container is used, or a persistent
/// one is created.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct RunOptions {
    /// Whether the name is required.
    pub name: Strength,
    /// Whether the data volume is required.
    pub data_volume: Strength,
    /// The volume of the inner Docker that replaces the default one, unless the data
    /// volume was restored from a snapshot.
    pub docker_volume: Option<VolumeName>,
    /// The container to recreate with the same volumes; `None` keeps any existing
    /// container. It is identified by its ID, so that only one of several concurrent
    /// commands recreates it.
    pub recreate: Option<ContainerId>,
    /// The running container whose port is known to lead elsewhere; it is restarted, on another
    /// port if needed.
    pub lost_port: Option<ContainerId>,
    /// The lifetime of a new container.
    pub lifetime: Lifetime,
    /// Whether a new container is protected from garbage collection.
    pub protection: Protection,
    /// The repository of which the workspace is a linked worktree.
    pub repository: Option<LinkedRepository>,
    /// Additional mounts of a new container.
    pub mounts: Vec<ExtraMount>,
}

impl RunOptions {
    /// Sets whether the container must have the exact name.
    #[must_use]
    pub fn with_name(mut self, name: Strength) -> Self {
        self.name = name;
        self
    }

    /// Sets whether the container must have the selected data volume.
    #[must_use]
    pub fn with_data_volume(mut self, data_volume: Strength) -> Self {
        self.data_volume = data_volume;
        self
    }

    /// Sets the volume for the Docker in a new container.
    #[must_use]
    pub fn with_docker_volume(mut self, volume: Option<VolumeName>) -> Self {
        self.docker_volume = volume;
        self
    }

    /// Sets the container to recreate.
    #[must_use]
    pub fn with_recreate(mut self, container: Option<ContainerId>) -> Self {
        self.recreate = container;
        self
    }

    /// Sets the running container that has lost its port.
    #[must_use]
    pub fn with_lost_port(mut self, container: Option<ContainerId>) -> Self {
        self.lost_port = container;
        self
    }

    /// Sets the lifetime of a new container.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets the protection of a new container from garbage collection.
    #[must_use]
    pub fn with_protection(mut self, protection: Protection) -> Self {
        self.protection = protection;
        self
    }

    /// Sets the repository of a linked worktree.
    #[must_use]
    pub fn with_repository(mut self, repository: Option<LinkedRepository>) -> Self {
        self.repository = repository;
        self
    }

    /// Sets the additional mounts of a new container.
    #[must_use]
    pub fn with_mounts(mut self, mounts: Vec<ExtraMount>) -> Self {
        self.mounts = mounts;
        self
    }
}

/// The strength of an option if a container exists already.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Strength {
    /// Applies to new containers only.
    #[default]
    Preferred,
    /// Required: an existing container with another value is refused.
    Required,
}
