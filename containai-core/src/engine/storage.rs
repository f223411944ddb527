//! Storage of an engine, for garbage collection.

use std::future::Future;

use super::{ContainerId, Engine, EngineError, RunState};
use crate::byte_size::ByteSize;
use crate::label::Labels;
use crate::timestamp::Timestamp;

/// The operations of a container engine that garbage collection needs.
///
/// Removing a missing object succeeds; removing one in use fails.
pub trait Storage: Engine {
    /// Whether these labels belong to a managed object of this machine.
    fn owns(&self, labels: &Labels) -> bool;

    /// Returns the times of a container.
    fn container_times(
        &self,
        id: &ContainerId,
    ) -> impl Future<Output = Result<ContainerTimes, EngineError>> + Send;

    /// Returns the size of a container's own files; `None` if the engine does not report it.
    fn size(
        &self,
        id: &ContainerId,
    ) -> impl Future<Output = Result<Option<ByteSize>, EngineError>> + Send;

    /// Lists all tagged images.
    fn images(&self) -> impl Future<Output = Result<Vec<StoredImage>, EngineError>> + Send;

    /// Lists the managed volumes of this machine.
    fn volumes(&self) -> impl Future<Output = Result<Vec<StoredVolume>, EngineError>> + Send;

    /// Removes a tag of an image, and the image with its last tag.
    fn remove_image(&self, reference: &str)
    -> impl Future<Output = Result<(), EngineError>> + Send;
}

/// The times of a container.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ContainerTimes {
    /// The current state.
    pub state: RunState,
    /// The creation time; `None` if the engine's value is invalid.
    pub created: Option<Timestamp>,
    /// The last start; `None` if never started.
    pub started: Option<Timestamp>,
    /// The last exit; `None` if it never exited.
    pub finished: Option<Timestamp>,
}

/// An image in the engine's store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredImage {
    /// The engine's id.
    pub id: String,
    /// The tags, as `repository:tag`.
    pub references: Vec<String>,
    /// The labels.
    pub labels: Labels,
    /// The maximum size beyond the tagged image it is based on.
    pub size: ByteSize,
    /// The containers created from it, or from an image based on it.
    pub used_by: Vec<ContainerId>,
    /// Whether it, or an image based on it, is part of a snapshot.
    pub is_in_snapshot: bool,
}

/// A managed volume.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredVolume {
    /// The name.
    pub name: String,
    /// The labels.
    pub labels: Labels,
    /// The creation time; `None` if the engine does not report it.
    pub created: Option<Timestamp>,
    /// The size of its content; `None` if the engine does not report it.
    pub size: Option<ByteSize>,
    /// The containers that mount it, including stopped ones.
    pub used_by: Vec<ContainerId>,
}
