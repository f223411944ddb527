//! The choice.

use std::collections::HashMap;

use bollard::models::Runtime;
use containai_core::config::IsolationChoice;
use containai_core::engine::{EngineError, Isolation};

use super::probe;
use crate::engine::DockerEngine;
use crate::sysbox::BARE_RUNTIME;

/// Finds the isolation to make containers with on this engine: Sysbox when it
/// answers and our shim stands in front of it, else our own runtime with user
/// namespaces.
///
/// # Errors
///
/// [`EngineError::SysboxDead`] when Sysbox alone is wanted and does not answer;
/// [`EngineError::NoIsolation`] when the wanted one, or each, is missing. There
/// is nothing to fall back to.
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
        if !runtimes.contains_key(Isolation::Sysbox.runtime()) {
            missing.push(without_shim(&runtimes).to_owned());
        } else {
            match probe::sysbox(engine).await? {
                Ok(()) => return Ok(Isolation::Sysbox),
                Err(message) if choice == IsolationChoice::Only(Isolation::Sysbox) => {
                    return Err(EngineError::SysboxDead { message });
                }
                Err(message) => missing.push(format!("Sysbox does not answer: {message}")),
            }
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

/// Sysbox alone maps bind mounts by identity.
fn without_shim(runtimes: &HashMap<String, Runtime>) -> &'static str {
    match runtimes.contains_key(BARE_RUNTIME) {
        true => {
            "the engine has `sysbox-runc` without `containai-sysbox-runc` in front of it, so that root inside could make files of the host's root"
        }
        false => "the engine has no runtime `containai-sysbox-runc`",
    }
}
