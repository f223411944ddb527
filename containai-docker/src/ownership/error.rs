use std::io;
use std::path::PathBuf;

use containai_core::engine::EngineError;

/// The owners of a workspace's files cannot be changed.
#[derive(Debug, thiserror::Error)]
#[error("cannot change the owners of the files in `{}`", .path.display())]
#[non_exhaustive]
pub struct OwnershipError {
    /// The directory, or the record of the loan.
    pub path: PathBuf,
    /// The cause.
    #[source]
    pub source: io::Error,
}

impl OwnershipError {
    pub(super) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self { path, source }
    }
}

impl From<OwnershipError> for EngineError {
    fn from(error: OwnershipError) -> Self {
        Self::HostFile { path: error.path.display().to_string(), source: error.source }
    }
}
