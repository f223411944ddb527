//! Resource limits of containers.

use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::config::{Flags, Origin, escape_control};
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

impl ContainerResources {
    /// Returns the limits, the usage, and the limits of a new container, one a line.
    #[must_use]
    pub fn describe(&self, container: &Container) -> String {
        let Self { limits, usage, next } = self;
        let human = |bytes| HumanSize(bytes).to_string();
        let in_use = usage.map(|usage| format!(" ({} in use)", human(usage.memory_used)));
        let next = next.as_ref();
        let next_memory = next.map(|next| (next.resources.memory, &next.memory_origin));
        let next_cpus = next.map(|next| (next.resources.cpus, &next.cpu_origin));
        format!(
            "container  {}\nmemory     {}{}{}\ncpus       {}{}",
            escape_control(&container.name),
            limits.memory.map_or_else(|| "no limit".to_owned(), human),
            in_use.unwrap_or_default(),
            describe_next(limits.memory, next_memory, human),
            limits.cpus.map_or_else(|| "no limit".to_owned(), |cpus| cpus.to_string()),
            describe_next(limits.cpus, next_cpus, |cpus| cpus.to_string()),
        )
    }
}

/// The source of a limit, and the limit of a new container if that differs.
fn describe_next<T: Copy + PartialEq>(
    current: Option<T>,
    next: Option<(T, &Origin)>,
    format: impl Fn(T) -> String,
) -> String {
    let Some((next, origin)) = next else { return String::new() };
    let source = match origin {
        Origin::Remembered(_) => "remembered for the workspace".to_owned(),
        Origin::Default => "the default".to_owned(),
        origin => format!("from {}", escape_control(&origin.to_string())),
    };
    match current == Some(next) {
        true => format!("; {source}"),
        false => format!("; a new container gets {}, {source}", format(next)),
    }
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
    let flags = Flags::for_engine(Some(context.address.to_string()));
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

#[cfg(test)]
mod tests {
    use containai_core::engine::{ContainerId, RunState};
    use containai_core::resources::Cpus;

    use super::*;

    #[test]
    fn missing_values_mean_no_limit() {
        let container = Container::new(ContainerId::new("id"), "api-main", RunState::Exited);
        let text =
            |limits, next| ContainerResources { limits, usage: None, next }.describe(&container);
        insta::assert_snapshot!(text(ResourceLimits::default(), None), @r"
        container  api-main
        memory     no limit
        cpus       no limit
        ");
        let limits = ResourceLimits {
            memory: Some(ByteSize::from_gib(8)),
            cpus: Cpus::from_nanos(2_500_000_000),
        };
        insta::assert_snapshot!(text(limits, None), @r"
        container  api-main
        memory     8.0 GiB
        cpus       2.5
        ");
        let next = NextResources {
            resources: Resources {
                memory: ByteSize::from_gib(8),
                cpus: Cpus::from_nanos(1_000_000_000).expect("a CPU"),
            },
            memory_origin: Origin::Remembered("/r.json".into()),
            cpu_origin: Origin::Default,
        };
        insta::assert_snapshot!(text(limits, Some(next)), @r"
        container  api-main
        memory     8.0 GiB; remembered for the workspace
        cpus       2.5; a new container gets 1, the default
        ");
    }
}
