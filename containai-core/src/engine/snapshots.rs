//! Snapshots and copies of volumes.

use std::future::Future;

use super::{ContainerId, EngineError, Isolation, Storage, StoredVolume};
use crate::byte_size::ByteSize;
use crate::label::Labels;
use crate::naming::{RandomId, VolumeName, WorkspacePath};

/// The operations of a container engine that snapshots need.
pub trait Snapshots: Storage {
    /// A copy in progress.
    type Copier<'e>: VolumeCopier + Send
    where
        Self: 'e;

    /// Returns the volumes for the container's data and inner Docker, named or anonymous.
    fn container_volumes(
        &self,
        id: &ContainerId,
    ) -> impl Future<Output = Result<ContainerVolumes, EngineError>> + Send;

    /// Pauses all processes of a container until it is unpaused; does nothing for a stopped one.
    fn pause(&self, id: &ContainerId) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Creates the target volumes and a helper container, without copying yet. The labels of the
    /// helper describe its purpose, so that a later run can clean up after an interrupted copy.
    fn start_copy(
        &self,
        job: &CopyJob,
    ) -> impl Future<Output = Result<Self::Copier<'_>, EngineError>> + Send;

    /// Commits the file system of a paused or stopped container to an untagged image with the
    /// container's labels and these. Returns its id.
    fn commit_snapshot(
        &self,
        id: &ContainerId,
        labels: &Labels,
    ) -> impl Future<Output = Result<String, EngineError>> + Send;

    /// Creates an image from a snapshot's image without the identity of the original: its
    /// containers generate their own host key and machine id, and have no link from the `origin`
    /// workspace's path.
    fn anonymise(
        &self,
        image: &str,
        origin: &WorkspacePath,
    ) -> impl Future<Output = Result<AnonymisedImage, EngineError>> + Send;

    /// Tags an image as a complete snapshot.
    fn tag_snapshot(
        &self,
        image: &str,
        snapshot: &RandomId,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Tags an image so that it is kept as long as a container created from it.
    fn retain(
        &self,
        image: &str,
        container: &ContainerId,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Returns the untagged images of snapshots, leftovers of interrupted runs.
    fn untagged_snapshots(
        &self,
    ) -> impl Future<Output = Result<Vec<(String, RandomId)>, EngineError>> + Send;

    /// Returns the volumes of snapshots, complete or not, without their sizes.
    fn snapshot_volumes(
        &self,
    ) -> impl Future<Output = Result<Vec<StoredVolume>, EngineError>> + Send;

    /// Removes a helper container, even a running one, and keeps its volumes. A missing one is not
    /// an error.
    fn remove_helper(
        &self,
        helper: &ContainerId,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;
}

/// A copy of volumes in progress.
///
/// Its helper container runs until [`Self::close`], or until the process that holds this value ends
/// for any reason. A helper that is not running is therefore a leftover.
pub trait VolumeCopier {
    /// Returns the helper container.
    fn helper(&self) -> &ContainerId;

    /// Returns the space needed and available for the copies.
    fn space(&self) -> CopySpace;

    /// Copies the current content.
    fn copy(&mut self) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Flushes the copies to disk.
    fn sync(&mut self) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Removes the helper container, which marks the copies as complete.
    fn close(self) -> impl Future<Output = Result<(), EngineError>> + Send;
}

/// An image without a container's identity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AnonymisedImage {
    /// The reference. It is removed with the last container created from the image.
    pub image: String,
    /// The helper container that it was created in. The image is kept as long as the helper, and
    /// needs a container of its own by then.
    pub helper: ContainerId,
}

/// The disk space for copies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CopySpace {
    /// The approximate size of the originals.
    pub needed: ByteSize,
    /// The free space on the disk of the copies.
    pub free: ByteSize,
}

/// The volumes of a container that belong to a snapshot.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContainerVolumes {
    /// Mounted at [`crate::layout::CONTAINER_DATA`].
    pub data: VolumeName,
    /// Mounted at [`crate::layout::CONTAINER_DOCKER`].
    pub docker: VolumeName,
}

/// A volume and its copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VolumeCopy {
    /// The original.
    pub from: VolumeName,
    /// The copy.
    pub to: VolumeName,
}

/// The volumes to copy, as of one point in time.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CopyJob {
    /// The volumes.
    pub copies: Vec<VolumeCopy>,
    /// The workspace in the labels of the new volumes.
    pub workspace: WorkspacePath,
    /// The snapshot of the new volumes; `None` for volumes of a new container.
    pub snapshot: Option<RandomId>,
    /// A shipped image in the store, for the helper container.
    pub image: String,
    /// The isolation of the helper container. It must match that of the containers with these
    /// volumes, or file owners would differ.
    pub isolation: Isolation,
    /// The containers that stay paused meanwhile.
    pub pauses: Vec<ContainerId>,
}

impl CopyJob {
    /// Describes copies for a new container, without paused containers. `image` is a shipped image
    /// in the store.
    #[must_use]
    pub fn new(
        copies: Vec<VolumeCopy>,
        workspace: WorkspacePath,
        image: String,
        isolation: Isolation,
    ) -> Self {
        Self { copies, workspace, snapshot: None, image, isolation, pauses: Vec::new() }
    }

    /// Sets the snapshot of the new volumes.
    #[must_use]
    pub fn with_snapshot(mut self, snapshot: Option<RandomId>) -> Self {
        self.snapshot = snapshot;
        self
    }

    /// Sets the containers that stay paused meanwhile.
    #[must_use]
    pub fn with_paused(mut self, containers: Vec<ContainerId>) -> Self {
        self.pauses = containers;
        self
    }
}
