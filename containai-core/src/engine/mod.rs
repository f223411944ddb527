//! The border to what runs containers; `containai-docker` implements it.

mod container;
mod error;
mod extra_mount;
mod host_facts;
mod id_range;
mod image;
mod linked_repository;
mod own_image;
mod protected;
mod sessions;
mod snapshots;
mod startup_hook;
mod storage;
mod usage;

pub use container::{
    Container, ContainerId, ContainerSpec, Identity, Isolation, Lifetime, Protection, Replaced,
    Revived, RunState, Succession, VolumeRecord, WorkspaceMount,
};
pub use error::{Cause, EngineError};
pub use extra_mount::{ExtraMount, MountAccess, MountSource};
pub use host_facts::HostFacts;
pub use id_range::IdRangeMode;
pub use image::{ImageRequest, ImageSource, ShippedImage, UnknownImage, UnknownImageSource};
pub use linked_repository::{LinkedRepository, ObjectStore};
pub use own_image::{GOES_ON, OwnImage, Thrift, prunable};
pub use protected::{Coverage, ProtectedPath};
pub use sessions::{Process, Sessions};
pub use snapshots::{Anonymous, CopyJob, Copying, OwnVolumes, Room, Snapshots, VolumeCopy};
pub use startup_hook::StartupHook;
pub use storage::{Moments, Storage, StoredImage, StoredVolume};
pub use usage::{Sample, Usage};

use std::future::Future;

use crate::lifecycle::Events;
use crate::naming::{ContainerName, HostPort, VolumeName};
use crate::remote::HostKey;

/// All that the lifecycle will ever ask of a container engine.
///
/// Every method may be called twice: starting a running container, stopping a
/// stopped one and removing a missing one succeed.
pub trait Engine: Sync {
    /// Lists every container of the engine, stopped and foreign ones included.
    fn containers(&self) -> impl Future<Output = Result<Vec<Container>, EngineError>> + Send;

    /// Makes sure that the image is in the store, by the given source if it is
    /// not, and returns the reference to create containers from.
    fn provide_image(
        &self,
        image: &ImageRequest,
        source: ImageSource,
        events: &dyn Events,
    ) -> impl Future<Output = Result<String, EngineError>> + Send;

    /// The reference of the image when it is in the store already.
    fn find_image(
        &self,
        image: &ImageRequest,
    ) -> impl Future<Output = Result<Option<String>, EngineError>> + Send;

    /// Makes a container and its volumes without starting it.
    fn create(
        &self,
        spec: &ContainerSpec,
    ) -> impl Future<Output = Result<ContainerId, EngineError>> + Send;

    /// When the container was last started, in words that differ from start to
    /// start.
    fn last_start(
        &self,
        id: &ContainerId,
    ) -> impl Future<Output = Result<String, EngineError>> + Send;

    /// Keeps the file system of a stopped container as an image and returns
    /// its reference. Volumes are not part of it. The image goes with the
    /// container that was made from it.
    fn keep(&self, id: &ContainerId) -> impl Future<Output = Result<String, EngineError>> + Send;

    /// Makes a container like another one, from what was kept of it, without
    /// starting it. The other one stays.
    fn create_successor(
        &self,
        succession: &Succession,
        port: HostPort,
    ) -> impl Future<Output = Result<ContainerId, EngineError>> + Send;

    /// Gives the container another name.
    fn rename(
        &self,
        id: &ContainerId,
        name: &ContainerName,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Puts the public key, one `authorized_keys` line, where sshd will look
    /// for it. The container is not running.
    fn install_key(
        &self,
        id: &ContainerId,
        authorized_key: &str,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Starts a container.
    fn start(&self, id: &ContainerId) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Wakes a paused container; others may have woken or ended it.
    fn unpause(&self, id: &ContainerId) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Waits until a container that is about to leave a state has left it, a few
    /// seconds at most.
    fn settle(
        &self,
        name: &str,
        state: RunState,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Asks systemd to shut down and kills what is left after 100 s. When the
    /// future is dropped, or its process killed, no stop is left to come.
    fn stop(&self, id: &ContainerId) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Removes a stopped container; its named volumes stay. One that runs is
    /// refused.
    fn remove(&self, id: &ContainerId) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Removes a stopped container together with its volumes without a name.
    fn discard(&self, id: &ContainerId) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Whether there is a volume of this name.
    fn has_volume(
        &self,
        name: &VolumeName,
    ) -> impl Future<Output = Result<bool, EngineError>> + Send;

    /// Removes a volume and all that is in it. One that is gone is no error; one
    /// that a container has, a stopped one included, is refused.
    fn remove_volume(&self, name: &str) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Reads the container's public host key over the engine; `None` while it
    /// has not been made yet.
    fn host_key(
        &self,
        id: &ContainerId,
    ) -> impl Future<Output = Result<Option<HostKey>, EngineError>> + Send;

    /// Resolves with the exit status when the container's first process ends.
    fn exited(&self, id: &ContainerId) -> impl Future<Output = Result<i64, EngineError>> + Send;

    /// The last lines of the container's console, oldest first, at most `lines`.
    fn log_tail(
        &self,
        id: &ContainerId,
        lines: usize,
    ) -> impl Future<Output = Result<Vec<String>, EngineError>> + Send;
}
