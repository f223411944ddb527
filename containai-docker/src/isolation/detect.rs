//! Selection of the isolation.

use std::collections::HashMap;

use bollard::models::Runtime;
use containai_core::config::IsolationChoice;
use containai_core::engine::{EngineError, Isolation};

use super::probe;
use crate::engine::DockerEngine;
use crate::host::SYSBOX_RUNC;

/// Detects the isolation for containers on this engine: Sysbox if it answers and the ContainAI shim
/// is in front of it, otherwise the ContainAI runtime with user namespaces.
///
/// # Errors
///
/// - [`EngineError::SysboxUnresponsive`]: only Sysbox is allowed and it does not respond.
/// - [`EngineError::NoIsolation`]: the requested isolation, or each of them, is missing. There is
///   no fallback.
pub async fn detect(
    engine: &DockerEngine,
    choice: IsolationChoice,
) -> Result<Isolation, EngineError> {
    let info = engine.docker().info().await.map_err(|error| engine.map_error(error))?;
    let runtimes = info.runtimes.unwrap_or_default();
    let is_remapped =
        info.security_options.iter().flatten().any(|option| option.starts_with("name=userns"));
    let mut missing = Vec::new();
    if choice != IsolationChoice::Only(Isolation::Userns) {
        if !runtimes.contains_key(Isolation::Sysbox.runtime()) {
            missing.push(missing_shim_reason(&runtimes).to_owned());
        } else {
            match probe::probe_sysbox(engine).await? {
                Ok(()) => return Ok(Isolation::Sysbox),
                Err(message) if choice == IsolationChoice::Only(Isolation::Sysbox) => {
                    return Err(EngineError::SysboxUnresponsive { message });
                }
                Err(message) => missing.push(format!("Sysbox does not respond: {message}")),
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

/// The reason why Sysbox cannot be used. Sysbox without the shim maps bind mounts by identity.
fn missing_shim_reason(runtimes: &HashMap<String, Runtime>) -> &'static str {
    match runtimes.contains_key(SYSBOX_RUNC) {
        true => {
            "the engine has `sysbox-runc` without `containai-sysbox-runc` in front of it: root in the container could create files owned by host root"
        }
        false => "the engine has no runtime `containai-sysbox-runc`",
    }
}
