//! The interface to a container engine, implemented by `containai-docker`.

mod active_sessions;
mod container;
mod error;
mod error_advice;
mod event;
mod extra_mount;
mod host_facts;
mod id_range;
mod image;
mod linked_repository;
mod managed_image;
mod protected;
mod restart_policy;
mod running_programs;
mod snapshots;
mod startup_hook;
mod storage;
mod usage;

pub use active_sessions::{ActiveSessions, ContainerProcess};
pub use container::{
    Container, ContainerIdentity, ContainerSpec, Lifetime, Protection, ReplacedContainer,
    ReplacementSpec, RunState, SnapshotSource, VolumeRecordUpdate, WorkspaceMount,
};
pub use error::EngineError;
pub use event::{Event, EventListener, IgnoreEvents};
pub use extra_mount::{ExtraMount, MountAccess, MountSource};
pub use host_facts::HostFacts;
pub use id_range::IdRangeMode;
pub use image::{ImageRequest, ImageSource, ShippedImage, UnknownImage, UnknownImageSource};
pub use linked_repository::{LinkedRepository, ObjectStore};
pub use managed_image::{BUILD_GRACE, ManagedImage, PruneScope, prunable};
pub use protected::{Coverage, ProtectedPath};
pub use restart_policy::{RestartPolicy, UnknownRestartPolicy};
pub use running_programs::running_agents;
pub use snapshots::{
    AnonymisedImage, ContainerVolumes, CopyJob, CopySpace, Snapshots, VolumeCopier, VolumeCopy,
};
pub use startup_hook::StartupHook;
pub use storage::{ContainerTimes, Storage, StoredImage, StoredVolume};
pub use usage::{Usage, UsageSample};

pub use crate::isolation::{Isolation, MAX_CONTAINER_IDS};
pub use crate::naming::ContainerId;

use std::future::Future;

use crate::naming::{ContainerName, HostPort, VolumeName};
use crate::remote::HostKey;

/// The operations of a container engine that the lifecycle needs.
///
/// Every method is idempotent: starting a running container, stopping a stopped one and removing a
/// missing one succeed.
pub trait Engine: Sync {
    /// Lists all containers of the engine, including stopped and unmanaged ones.
    fn containers(&self) -> impl Future<Output = Result<Vec<Container>, EngineError>> + Send;

    /// Ensures that the image is in the store, from the given source if necessary, and returns its
    /// reference.
    fn ensure_image(
        &self,
        image: &ImageRequest,
        source: ImageSource,
        events: &dyn EventListener,
    ) -> impl Future<Output = Result<String, EngineError>> + Send;

    /// Returns the reference of the image if it is in the store.
    fn find_image(
        &self,
        image: &ImageRequest,
    ) -> impl Future<Output = Result<Option<String>, EngineError>> + Send;

    /// Creates a container and its volumes without starting it. A limit that the engine cannot
    /// enforce is left out and reported as an event.
    fn create(
        &self,
        spec: &ContainerSpec,
        events: &dyn EventListener,
    ) -> impl Future<Output = Result<ContainerId, EngineError>> + Send;

    /// Returns the last start time of the container, in a format that differs between any two
    /// starts.
    fn last_start(
        &self,
        id: &ContainerId,
    ) -> impl Future<Output = Result<String, EngineError>> + Send;

    /// Commits the file system of a stopped container, without volumes, to an image and returns its
    /// reference. The image is removed with the container created from it.
    fn commit(&self, id: &ContainerId) -> impl Future<Output = Result<String, EngineError>> + Send;

    /// Creates a replacement from the committed file system of a container without starting it. The
    /// old container is kept.
    fn create_replacement(
        &self,
        replacement: &ReplacementSpec,
        port: HostPort,
    ) -> impl Future<Output = Result<ContainerId, EngineError>> + Send;

    /// Renames the container.
    fn rename(
        &self,
        id: &ContainerId,
        name: &ContainerName,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Installs the public key, one `authorized_keys` line, for sshd, along with further files. The
    /// container is not running.
    fn provision(
        &self,
        id: &ContainerId,
        authorized_key: &str,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Adds a public key, one `authorized_keys` line, to those that the sshd of a running container
    /// accepts. [`provision`](Self::provision) removes it again.
    fn authorize(
        &self,
        id: &ContainerId,
        authorized_key: &str,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Starts a container.
    fn start(&self, id: &ContainerId) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Unpauses a container; a concurrent unpause or exit is not an error.
    fn unpause(&self, id: &ContainerId) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Waits a few seconds at most until a container has left a transitional state.
    fn wait_transition(
        &self,
        name: &str,
        state: RunState,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Asks systemd to shut down and kills remaining processes after 100 s. Dropping the future, or
    /// killing its process, cancels the stop.
    fn stop(&self, id: &ContainerId) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Removes a stopped container and keeps its named volumes. Fails for a running one.
    fn remove(&self, id: &ContainerId) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Removes a stopped container and its anonymous volumes.
    fn remove_with_anonymous_volumes(
        &self,
        id: &ContainerId,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Whether the volume exists.
    fn has_volume(
        &self,
        name: &VolumeName,
    ) -> impl Future<Output = Result<bool, EngineError>> + Send;

    /// Removes a volume with its content. A missing volume is not an error; removing one that a
    /// container uses, even a stopped one, fails.
    fn remove_volume(&self, name: &str) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Reads the container's public host key through the engine; `None` while it is not yet
    /// generated.
    fn host_key(
        &self,
        id: &ContainerId,
    ) -> impl Future<Output = Result<Option<HostKey>, EngineError>> + Send;

    /// Waits for the container's first process to exit and returns its exit status.
    fn wait_exit(&self, id: &ContainerId) -> impl Future<Output = Result<i64, EngineError>> + Send;

    /// Returns the last lines of the container's console, at most `lines`, oldest first.
    fn log_tail(
        &self,
        id: &ContainerId,
        lines: usize,
    ) -> impl Future<Output = Result<Vec<String>, EngineError>> + Send;
}
