//! Another name for a container.

use containai_core::engine::{Container, Engine as _};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::Refusal;
use containai_core::naming::ContainerName;
use containai_core::remote::Remote as _;
use containai_docker::DockerEngine;

use crate::context::Context;
use crate::error::OperationError;
use crate::lock;
use crate::target::workspace_served;

/// Renames a container, and its name for SSH. Its workspace, its volumes and its host name stay.
///
/// # Errors
///
/// Another container has the name, the container is not one of ContainAI, or the engine fails.
pub async fn rename_container(
    context: &Context,
    engine: &DockerEngine,
    container: &Container,
    new: &ContainerName,
) -> crate::Result<()> {
    let workspace = workspace_served(container)?;
    let foreign = |_| Refusal::NotManaged { name: container.name.clone() };
    let old = ContainerName::parse(&container.name).map_err(foreign)?;
    let _lock = lock::acquire_workspace(&workspace, &context.env, &context.reporter).await?;
    if let Some(other) = engine.containers().await?.iter().find(|it| it.name == new.as_ref()) {
        if other.id == container.id {
            return Ok(());
        }
        let message = format!("another container has the name `{new}`");
        let hint = Hint::run("cai list", "see the names");
        return Err(OperationError::with_code(exit::FAILED, message).hint(hint).into());
    }
    engine.rename(&container.id, new).await?;
    // If this is interrupted, the next connection writes the files for the new name.
    if let Some(port) = container.labels.ssh_port() {
        let key = context.remote.pinned_host_key(port).await?;
        context.remote.unregister(&old, port).await?;
        if let Some(key) = key {
            context.remote.register(new, port, &key).await?;
        }
    }
    context.reporter.say(&format!("renamed container {old} to {new}"));
    Ok(())
}
