//! What a snapshot is made of, and how volumes are copied.

use std::future::Future;

use super::{ContainerId, EngineError, Isolation, Storage, StoredVolume};
use crate::byte_size::ByteSize;
use crate::label::Labels;
use crate::naming::{Nonce, VolumeName, WorkspacePath};

/// All that snapshots will ever ask of an engine.
pub trait Snapshots: Storage {
    /// Copies that are under way.
    type Copying<'e>: Copying + Send
    where
        Self: 'e;

    /// The volumes that a container has for its data and its inner Docker,
    /// whether they were given a name or not.
    fn volumes_of(
        &self,
        id: &ContainerId,
    ) -> impl Future<Output = Result<OwnVolumes, EngineError>> + Send;

    /// Freezes all processes of a container, until it is woken; one that does not
    /// run has none.
    fn freeze(&self, id: &ContainerId) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Makes the new volumes and a helper beside them, which copies nothing
    /// yet. The helper's labels say what it is there for, so that whoever comes
    /// later knows what an interrupted copy has left.
    fn begin_copy(
        &self,
        job: &CopyJob,
    ) -> impl Future<Output = Result<Self::Copying<'_>, EngineError>> + Send;

    /// Keeps the file system of a container, frozen or stopped, as an image
    /// without a name and with these labels beside the container's. Returns its
    /// id.
    fn commit(
        &self,
        id: &ContainerId,
        labels: &Labels,
    ) -> impl Future<Output = Result<String, EngineError>> + Send;

    /// Makes an image like that of a snapshot whose containers have nothing of
    /// the origin's identity: each makes its own host key and machine id, and no
    /// link leads from the `origin` workspace's path to theirs.
    fn anonymise(
        &self,
        image: &str,
        origin: &WorkspacePath,
    ) -> impl Future<Output = Result<Anonymous, EngineError>> + Send;

    /// Gives an image the name that makes it a snapshot's.
    fn name_snapshot(
        &self,
        image: &str,
        snapshot: &Nonce,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Has an image stay for as long as a container that was made of it, by a
    /// name that goes with the container.
    fn retain(
        &self,
        image: &str,
        container: &ContainerId,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Images of snapshots that have no name: what a snapshot left that was not
    /// finished.
    fn nameless_snapshots(
        &self,
    ) -> impl Future<Output = Result<Vec<(String, Nonce)>, EngineError>> + Send;

    /// The volumes of snapshots, finished or not; nothing is measured.
    fn snapshot_volumes(
        &self,
    ) -> impl Future<Output = Result<Vec<StoredVolume>, EngineError>> + Send;

    /// Takes a helper away, whatever it is at; volumes stay. One that is gone is
    /// no failure.
    fn dismiss(&self, helper: &ContainerId)
    -> impl Future<Output = Result<(), EngineError>> + Send;
}

/// Copies of volumes on their way.
///
/// The helper behind it runs until [`Self::close`], or until the process that
/// holds this ends, however it does: a helper that does not run is nobody's any
/// more.
pub trait Copying {
    /// The helper.
    fn helper(&self) -> &ContainerId;

    /// What the copies will take, and what is free for them.
    fn room(&self) -> Room;

    /// Copies all that is there now.
    fn copy(&mut self) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Waits until the copies would outlive a power cut.
    fn sync(&mut self) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// Takes the helper away; the copies count from now on.
    fn close(self) -> impl Future<Output = Result<(), EngineError>> + Send;
}

/// An image that nobody's identity is in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Anonymous {
    /// Its name. It goes with the last container that was made of it.
    pub image: String,
    /// The helper that it was made in. The image stays for as long as the helper
    /// does, and is somebody's by then.
    pub helper: ContainerId,
}

/// What copies take, and what is free.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Room {
    /// What the originals take, about.
    pub needed: ByteSize,
    /// What is free on the disk of the copies.
    pub free: ByteSize,
}

/// The volumes of a container that a snapshot takes along.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnVolumes {
    /// Mounted at [`crate::layout::CONTAINER_DATA`].
    pub data: VolumeName,
    /// Mounted at [`crate::layout::CONTAINER_DOCKER`].
    pub docker: VolumeName,
}

/// A volume and the one that is to hold the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VolumeCopy {
    /// What is read.
    pub from: VolumeName,
    /// What is made.
    pub to: VolumeName,
}

/// Volumes to copy, all as of one moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CopyJob {
    /// What is copied.
    pub copies: Vec<VolumeCopy>,
    /// The workspace that the new volumes are labelled with.
    pub workspace: WorkspacePath,
    /// The snapshot that they belong to; `None` for volumes that a container is
    /// to have.
    pub snapshot: Option<Nonce>,
    /// An image of ours in the store, for the helper.
    pub image: String,
    /// How the helper's root is kept from being the host's: as in the
    /// containers that have the volumes, or owners would differ.
    pub isolation: Isolation,
    /// The containers that will be frozen meanwhile.
    pub freezes: Vec<ContainerId>,
}
