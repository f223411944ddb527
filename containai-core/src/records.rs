//! The border to what is remembered about a workspace beside its container.

use std::error::Error;
use std::future::Future;

use crate::exit;
use crate::hint::{Advice, Hint};
use crate::naming::{VolumeName, WorkspacePath};

/// What outlasts every container of a workspace.
pub trait Records: Sync {
    /// Makes sure that [`Self::record_volume`] will work, and changes nothing. Called
    /// before a container is stopped or made whose volume has to be recorded later.
    fn check(
        &self,
        workspace: &WorkspacePath,
    ) -> impl Future<Output = Result<(), RecordError>> + Send;

    /// Has every later container of the workspace take this data volume. May
    /// be done twice.
    fn record_volume(
        &self,
        workspace: &WorkspacePath,
        volume: &VolumeName,
    ) -> impl Future<Output = Result<(), RecordError>> + Send;
}

/// Remembers nothing: for programs that name the volume each time.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRecords;

impl Records for NoRecords {
    async fn check(&self, _: &WorkspacePath) -> Result<(), RecordError> {
        Ok(())
    }

    async fn record_volume(&self, _: &WorkspacePath, _: &VolumeName) -> Result<(), RecordError> {
        Ok(())
    }
}

/// Nothing could be written down; usually the configuration is read-only or is
/// no TOML.
#[derive(Debug, thiserror::Error)]
#[error("cannot record the data volume of `{workspace}`")]
pub struct RecordError {
    /// The workspace.
    pub workspace: String,
    /// What went wrong.
    #[source]
    pub source: Box<dyn Error + Send + Sync + 'static>,
}

impl Advice for RecordError {
    fn exit_code(&self) -> u8 {
        exit::FAILED
    }

    fn hints(&self) -> Vec<Hint> {
        vec![Hint::new(
            "see that the configuration can be written, and run again; nothing was removed",
        )]
    }
}
