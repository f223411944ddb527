//! What an engine keeps on disk, and when it was last needed.

use std::future::Future;

use super::{ContainerId, Engine, EngineError, RunState};
use crate::byte_size::ByteSize;
use crate::label::Labels;
use crate::timestamp::Timestamp;

/// All that sweeping up will ever ask of an engine.
///
/// Removing what is gone succeeds; removing what is in use is refused.
pub trait Storage: Engine {
    /// Whether something with these labels is ours and of this machine.
    fn shows(&self, labels: &Labels) -> bool;

    /// When a container was made and last ran.
    fn moments(
        &self,
        id: &ContainerId,
    ) -> impl Future<Output = Result<Moments, EngineError>> + Send;

    /// What a container's own files take; `None` where the engine does not say.
    fn size(
        &self,
        id: &ContainerId,
    ) -> impl Future<Output = Result<Option<ByteSize>, EngineError>> + Send;

    /// Every image that has a name.
    fn images(&self) -> impl Future<Output = Result<Vec<StoredImage>, EngineError>> + Send;

    /// Every volume that carries our label and is of this machine.
    fn volumes(&self) -> impl Future<Output = Result<Vec<StoredVolume>, EngineError>> + Send;

    /// Takes a name from an image; the image goes with its last one.
    fn remove_image(&self, reference: &str)
    -> impl Future<Output = Result<(), EngineError>> + Send;
}

/// When a container was made and last ran.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moments {
    /// What it is doing now.
    pub state: RunState,
    /// When it was made; `None` where the engine's words make no sense.
    pub created: Option<Timestamp>,
    /// When it was last started; `None` when it never was.
    pub started: Option<Timestamp>,
    /// When it last ended; `None` when it never did.
    pub finished: Option<Timestamp>,
}

/// An image in the engine's store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredImage {
    /// The engine's identifier.
    pub id: String,
    /// Its names, as `repository:tag`.
    pub references: Vec<String>,
    /// Its labels.
    pub labels: Labels,
    /// What it takes beyond the named image it was made on, at most.
    pub size: ByteSize,
    /// The containers made from it, or from an image made on it.
    pub used_by: Vec<ContainerId>,
    /// Whether it holds the file system of a snapshot, or one was made on it.
    pub is_in_snapshot: bool,
}

/// A volume of ours.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredVolume {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// When it was made; `None` where the engine does not say.
    pub created: Option<Timestamp>,
    /// What is in it; `None` where the engine does not say.
    pub size: Option<ByteSize>,
    /// The containers that mount it, stopped ones included.
    pub used_by: Vec<ContainerId>,
}
