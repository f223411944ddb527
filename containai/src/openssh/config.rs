//! The OpenSSH configuration of containers.

use std::path::Path;

use containai_core::config::Flags;
use containai_core::engine::{Container, Engine as _};
use containai_core::lifecycle::Refusal;
use containai_core::naming::{ContainerName, WorkspacePath};

use crate::context::Context;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::target::unknown_name;

/// Returns the `Host` blocks of the engine's containers, sorted by name, each from the configuration
/// of its workspace. `name` selects one container.
///
/// # Errors
///
/// - The engine fails, or the selected container does not exist.
/// - The block of the selected container cannot be generated; a problem with one of many is
///   reported as a warning.
pub async fn host_blocks(
    name: Option<&str>,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Vec<String>> {
    let context = Context::new(env, reporter, flags.clone(), None)?;
    let mut containers = context.engine()?.containers().await?;
    containers.retain(|it| it.labels.is_managed() && !it.labels.is_helper());
    if let Some(name) = name {
        containers.retain(|it| it.name == name);
        if containers.is_empty() {
            return Err(unknown_name(&format!("there is no container `{name}`")).into());
        }
    }
    containers.sort_by(|a, b| a.name.cmp(&b.name));
    let mut blocks = Vec::new();
    for container in &containers {
        match host_block(container, flags, env, reporter) {
            Ok(block) => blocks.push(block),
            Err(error) if name.is_some() => return Err(error),
            Err(error) => reporter.warn(&error.to_string()),
        }
    }
    Ok(blocks)
}

fn host_block(
    container: &Container,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<String> {
    let workspace = container.labels.workspace();
    let workspace = workspace.and_then(|path| WorkspacePath::new(Path::new(path)).ok());
    let context = Context::new(env, reporter, flags.clone(), workspace.as_ref())?;
    let foreign = || Refusal::NotManaged { name: container.name.clone() };
    let name = ContainerName::parse(&container.name).map_err(|_| foreign())?;
    let no_port = || Refusal::NoPort { name: container.name.clone() };
    let port = container.labels.ssh_port().ok_or_else(no_port)?;
    context.remote.host_block(&name, port).render().map_err(crate::Error::other)
}
