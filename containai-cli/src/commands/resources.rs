use std::process::ExitCode;

use clap::Args;
use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::config::{Flags, parse_memory};
use containai_core::engine::Container;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::resources::{Cpus, ResourceLimits};
use containai_docker::DockerEngine;

use super::container_lookup::TargetArgs;
use crate::app::App;
use crate::output::resources::{NextLimits, ResourcesOutput};
use containai::OperationError;
use containai::context::Context;
use containai::host_facts::local_capacity;
use containai::report::Reporter;
use containai::target::workspace_served;
use containai::{settings, workspace_store};

/// Show or change what a container may use
///
/// A change applies at once, and is remembered: every later container of the workspace on
/// this engine gets it.
#[derive(Debug, Args)]
pub(crate) struct ResourcesArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The most memory, swap included, such as 8g
    #[arg(long, value_parser = parse_memory)]
    memory: Option<ByteSize>,
    /// The most CPUs, such as 2.5
    #[arg(long)]
    cpus: Option<Cpus>,
    /// Forget what is remembered: a new container gets what is configured
    #[arg(long, conflicts_with_all = ["memory", "cpus"])]
    forget: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ResourcesArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let container = args.target.find(&engine, &context).await?;
    let wanted = ResourceLimits { memory: args.memory, cpus: args.cpus };
    if wanted != ResourceLimits::default() {
        if let Some(memory) = wanted.memory {
            check_memory_in_use(&engine, &container, memory).await?;
        }
        engine.set_limits(&container.id, wanted).await?;
        workspace_store::remember_limits(&context, &workspace_served(&container)?, wanted).await?;
    }
    if args.forget {
        workspace_store::forget_limits(&context, &workspace_served(&container)?).await?;
    }
    let next = next_limits(&context, &engine, &container).await?;
    let limits = engine.limits(&container.id).await?;
    let usage = engine.usage(&container.id).await;
    let allowance = ResourcesOutput::of(&container, limits, usage, next);
    match args.json {
        true => app.ui.data(&serde_json::to_string_pretty(&allowance)?)?,
        false => app.ui.data(&allowance.to_string())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What a new container of the workspace would get; `None` for one of no workspace here.
async fn next_limits(
    context: &Context,
    engine: &DockerEngine,
    container: &Container,
) -> anyhow::Result<Option<NextLimits>> {
    let Ok(workspace) = workspace_served(container) else { return Ok(None) };
    let silent = Reporter::default();
    let flags = Flags { docker_host: Some(context.address.to_string()), ..Flags::default() };
    let config = settings::resolve(&context.env, &silent, flags, Some(&workspace))?;
    let capacity = match context.client {
        Some(_) => engine.capacity().await?,
        None => local_capacity(),
    };
    Ok(Some(NextLimits::of(&config, capacity)))
}

/// The kernel would have to end processes to get there.
async fn check_memory_in_use(
    engine: &DockerEngine,
    container: &Container,
    memory: ByteSize,
) -> anyhow::Result<()> {
    let Some(sample) = engine.sample(&container.id).await? else { return Ok(()) };
    if sample.memory < memory {
        return Ok(());
    }
    let message = format!(
        "container `{}` uses {} of memory now, more than {memory}",
        container.name,
        HumanSize(sample.memory)
    );
    let hint = Hint::new("end what it runs first, or allow it more");
    Err(OperationError::with_code(exit::FAILED, message).hint(hint).into())
}
