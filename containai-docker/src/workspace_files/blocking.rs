use std::path::PathBuf;

use containai_core::engine::EngineError;

use crate::ownership::OwnershipError;

/// Runs the work on a separate thread, because walking a large tree takes long.
pub(super) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OwnershipError> + Send + 'static,
) -> Result<T, EngineError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => Ok(outcome?),
        Err(error) => Err(OwnershipError { path: PathBuf::new(), source: error.into() }.into()),
    }
}
