//! How one command wants its container, beside what is configured.

use crate::engine::{ContainerId, ExtraMount, Lifetime, LinkedRepository, Protection};
use crate::naming::VolumeName;

/// How one command wants its container. The default is to take the one that is
/// there, and to make a lasting one where there is none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Manner {
    /// How much the name matters.
    pub name: Claim,
    /// How much the data volume matters.
    pub data_volume: Claim,
    /// The inner Docker's volume that the workspace has instead of its own, beside a data
    /// volume that no snapshot's copy came with.
    pub docker_volume: Option<VolumeName>,
    /// The container that is to go, its volumes to stay for the next one.
    /// `None` keeps whatever is there. By its id, so that of several commands
    /// that want this at once one does it and the others find it done.
    pub outgoing: Option<ContainerId>,
    /// How long a new container is meant to last.
    pub lifetime: Lifetime,
    /// Whether garbage collection leaves a new container alone.
    pub protection: Protection,
    /// The repository that the workspace is a linked worktree of.
    pub repository: Option<LinkedRepository>,
    /// What a new container has besides its workspace and its volumes.
    pub mounts: Vec<ExtraMount>,
}

/// How much a choice matters where there is a container already.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Claim {
    /// It is for new containers.
    #[default]
    Preferred,
    /// It was made for this very command: anything else is refused.
    Insisted,
}
