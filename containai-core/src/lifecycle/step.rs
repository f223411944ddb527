//! The steps of the lifecycle.

use super::refusal::Refusal;
use crate::engine::RunState;
use crate::naming::{ContainerId, ContainerName, VolumeName};

/// The next step. Every step is idempotent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Pull or build the image if the engine does not have it.
    EnsureImage,
    /// Create the container under this name without starting it.
    Create {
        /// An unused name.
        name: ContainerName,
    },
    /// Finish an interrupted restore of the data volume, or roll it back.
    FinishRestore {
        /// The interrupted helper.
        id: ContainerId,
    },
    /// Install the public key and the other files that the container needs at its start.
    Provision {
        /// The stopped container.
        id: ContainerId,
    },
    /// Start the container.
    Start {
        /// The stopped container.
        id: ContainerId,
    },
    /// Unpause the container.
    Unpause {
        /// The paused container.
        id: ContainerId,
    },
    /// Commit the file system of a stopped container whose port is in use, to create a
    /// replacement from it.
    Commit {
        /// The stopped container.
        id: ContainerId,
    },
    /// Create a replacement from the committed image, with the same volumes and settings,
    /// without starting it.
    CreateReplacement {
        /// The container to replace.
        of: ContainerId,
        /// The interim name of the replacement.
        name: ContainerName,
    },
    /// Remove the container that has been replaced.
    RemoveReplaced {
        /// The stopped container.
        id: ContainerId,
    },
    /// Give the replacement its final name.
    Rename {
        /// The replacement.
        id: ContainerId,
        /// The name.
        name: ContainerName,
    },
    /// Remove a replacement that is outdated because the old container has been started
    /// again.
    RemoveReplacement {
        /// The replacement; it never ran.
        id: ContainerId,
    },
    /// Record the data volume of the workspace.
    RecordDataVolume {
        /// The volume.
        volume: VolumeName,
    },
    /// Remove the volumes of the replaced container. Volumes in use are kept.
    RemoveVolumes {
        /// The volumes.
        volumes: Vec<VolumeName>,
    },
    /// Ask the container to shut down.
    Stop {
        /// The running container.
        id: ContainerId,
    },
    /// Recreate a container with the same volumes but a new file system, without starting
    /// it.
    Recreate {
        /// The container to replace.
        of: ContainerId,
        /// The interim name of the new container.
        name: ContainerName,
    },
    /// Remove an ephemeral container together with the volumes that were created for it.
    RemoveEphemeral {
        /// The stopped container.
        id: ContainerId,
    },
    /// Observe again after a state transition of the container.
    Wait {
        /// The container's name.
        name: String,
        /// The state it is leaving.
        state: RunState,
    },
    /// Connect to the running container.
    Connect {
        /// The running container.
        id: ContainerId,
    },
    /// Nothing: the ephemeral container is removed.
    Done,
    /// Refuse, for this reason.
    Refuse(Refusal),
}
