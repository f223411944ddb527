//! The choice.

use containai_core::config::IsolationChoice;
use containai_core::engine::{EngineError, Isolation};

use super::probe;
use crate::engine::DockerEngine;

/// Finds the isolation to make containers with on this engine: Sysbox when it
/// answers, else our own runtime with user namespaces.
///
/// # Errors
///
/// [`EngineError::NoIsolation`] when the wanted one, or each, is missing or
/// dead; there is nothing to fall back to.
pub async fn detect(
    engine: &DockerEngine,
    choice: IsolationChoice,
) -> Result<Isolation, EngineError> {
    let info = engine.docker().info().await.map_err(|error| engine.failure(error))?;
    let runtimes = info.runtimes.unwrap_or_default();
    let is_remapped =
        info.security_options.iter().flatten().any(|option| option.starts_with("name=userns"));
    let mut missing = Vec::new();
    if choice != IsolationChoice::Only(Isolation::Userns) {
        match runtimes.contains_key(Isolation::Sysbox.runtime()) {
            false => missing.push("the engine has no runtime `sysbox-runc`".to_owned()),
            true => match probe::sysbox(engine).await? {
                Ok(()) => return Ok(Isolation::Sysbox),
                Err(reason) => missing.push(reason),
            },
        }
    }
    if choice != IsolationChoice::Only(Isolation::Sysbox) {
        match (runtimes.contains_key(Isolation::Userns.runtime()), is_remapped) {
            (true, true) => return Ok(Isolation::Userns),
            (false, _) => missing.push("the engine has no runtime `containai-runc`".to_owned()),
            (true, false) => missing.push("the engine runs without `userns-remap`".to_owned()),
        }
    }
    Err(EngineError::NoIsolation { reason: missing.join("; ") })
}
