//! The options of one command, in addition to the configuration.

use crate::engine::{ContainerId, ExtraMount, Lifetime, LinkedRepository, Protection};
use crate::naming::VolumeName;

/// The options of one command. By default the existing container is used, or a persistent
/// one is created.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
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
    /// The lifetime of a new container.
    pub lifetime: Lifetime,
    /// Whether a new container is protected from garbage collection.
    pub protection: Protection,
    /// The repository of which the workspace is a linked worktree.
    pub repository: Option<LinkedRepository>,
    /// Additional mounts of a new container.
    pub mounts: Vec<ExtraMount>,
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
