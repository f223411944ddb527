//! The interface to the persistent settings of a workspace.

use std::error::Error;
use std::future::Future;

use crate::exit;
use crate::hint::{Advice, Hint};
use crate::naming::{VolumeName, WorkspacePath};

/// A store for the settings of a workspace that outlast its containers.
pub trait WorkspaceStore: Sync {
    /// Checks that [`Self::set_data_volume`] will succeed, without a change. Called
    /// before a container is stopped or created whose volume must be recorded later.
    fn check_writable(
        &self,
        workspace: &WorkspacePath,
    ) -> impl Future<Output = Result<(), WorkspaceStoreError>> + Send;

    /// Records the data volume for all later containers of the workspace. Idempotent.
    fn set_data_volume(
        &self,
        workspace: &WorkspacePath,
        volume: &VolumeName,
    ) -> impl Future<Output = Result<(), WorkspaceStoreError>> + Send;
}

/// A store that records nothing, for programs that always name the volume.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWorkspaceStore;

impl WorkspaceStore for NoWorkspaceStore {
    async fn check_writable(&self, _: &WorkspacePath) -> Result<(), WorkspaceStoreError> {
        Ok(())
    }

    async fn set_data_volume(
        &self,
        _: &WorkspacePath,
        _: &VolumeName,
    ) -> Result<(), WorkspaceStoreError> {
        Ok(())
    }
}

/// The data volume could not be recorded; usually the configuration is read-only or not
/// valid TOML.
#[derive(Debug, thiserror::Error)]
#[error("cannot record the data volume of `{workspace}`")]
pub struct WorkspaceStoreError {
    /// The workspace.
    pub workspace: String,
    /// The cause.
    #[source]
    pub source: Box<dyn Error + Send + Sync + 'static>,
}

impl Advice for WorkspaceStoreError {
    fn exit_code(&self) -> u8 {
        exit::FAILED
    }

    fn hints(&self) -> Vec<Hint> {
        vec![Hint::new(
            "check that the configuration is writable, then run the command again; nothing was removed",
        )]
    }
}
