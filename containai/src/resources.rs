//! Resource limits of containers.

use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::config::{Flags, Origin};
use containai_core::engine::{Container, Usage};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::resources::{ResourceLimits, Resources};
use containai_docker::DockerEngine;

use crate::context::Context;
use crate::error::OperationError;
use crate::host_facts::local_capacity;
use crate::report::Reporter;
use crate::target::workspace_served;
use crate::{settings, workspace_store};

/// The resources of a container.
#[derive(Clone, Debug)]
pub struct ContainerResources {
    /// Its limits.
    pub limits: ResourceLimits,
    /// Its usage; `None` if unknown or stopped.
    pub usage: Option<Usage>,
    /// The resources of a new container of its workspace; `None` if it has no workspace here.
    pub next: Option<NextResources>,
}

/// The resources of a new container of a workspace.
#[derive(Clone, Debug)]
pub struct NextResources {
    /// The resources.
    pub resources: Resources,
    /// The origin of the memory limit.
    pub memory_origin: Origin,
    /// The origin of the CPU limit.
    pub cpu_origin: Origin,
}

/// Returns the resources of a container.
///
/// # Errors
///
/// Errors of the engine and the configuration.
pub async fn read(
    context: &Context,
    engine: &DockerEngine,
    container: &Container,
) -> crate::Result<ContainerResources> {
    Ok(ContainerResources {
        next: next_resources(context, engine, container).await?,
        limits: engine.limits(&container.id).await?,
        usage: engine.usage(&container.id).await,
    })
}

/// Sets limits of a container, and remembers them for its workspace.
///
/// # Errors
///
/// The container uses more memory than that; errors of the engine.
pub async fn set_limits(
    context: &Context,
    engine: &DockerEngine,
    container: &Container,
    limits: ResourceLimits,
) -> crate::Result<()> {
    if let Some(memory) = limits.memory {
        check_memory_in_use(engine, container, memory).await?;
    }
    engine.set_limits(&container.id, limits).await?;
    workspace_store::remember_limits(context, &workspace_served(container)?, limits).await?;
    Ok(())
}

/// Forgets the limits that are remembered for the container's workspace.
///
/// # Errors
///
/// The container has no workspace; errors of files.
pub async fn forget_limits(context: &Context, container: &Container) -> crate::Result<()> {
    workspace_store::forget_limits(context, &workspace_served(container)?).await?;
    Ok(())
}

async fn next_resources(
    context: &Context,
    engine: &DockerEngine,
    container: &Container,
) -> crate::Result<Option<NextResources>> {
    let Ok(workspace) = workspace_served(container) else { return Ok(None) };
    let silent = Reporter::default();
    let flags = Flags { docker_host: Some(context.address.to_string()), ..Flags::default() };
    let config = settings::resolve(&context.env, &silent, flags, Some(&workspace))?;
    let capacity = match context.client {
        Some(_) => engine.capacity().await?,
        None => local_capacity(),
    };
    let origin = |key: &str| {
        let setting = config.list().into_iter().find(|it| it.spec.key == key);
        setting.map_or(Origin::Default, |it| it.origin)
    };
    Ok(Some(NextResources {
        resources: config.resources(capacity),
        memory_origin: origin("resources.memory_limit"),
        cpu_origin: origin("resources.cpu_limit"),
    }))
}

/// Refuses a limit below the current usage: the kernel would end processes to enforce it.
async fn check_memory_in_use(
    engine: &DockerEngine,
    container: &Container,
    limit: ByteSize,
) -> crate::Result<()> {
    let Some(sample) = engine.sample(&container.id).await? else { return Ok(()) };
    if sample.memory < limit {
        return Ok(());
    }
    let used = HumanSize(sample.memory);
    let message =
        format!("container `{}` uses {used} of memory, more than {limit}", container.name);
    let hint = Hint::new("end processes in the container first, or set a higher limit");
    Err(OperationError::with_code(exit::FAILED, message).hint(hint).into())
}
