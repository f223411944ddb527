use clap::Args;
use containai::resources;
use containai_core::byte_size::ByteSize;
use containai_core::config::parse_memory;
use containai_core::resources::{Cpus, ResourceLimits};

use crate::app::App;
use crate::args::TargetArgs;
use crate::output::format::{OutputFormat, print_object};
use crate::output::resources::ResourcesOutput;

/// Show or change a container's resource limits
///
/// A change takes effect at once. It is remembered for later containers of the
/// workspace on this engine.
#[derive(Debug, Args)]
pub(crate) struct ResourcesArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Set the memory limit, swap included, such as 8g
    #[arg(long, value_parser = parse_memory)]
    memory: Option<ByteSize>,
    /// Set the CPU limit, such as 2.5
    #[arg(long)]
    cpus: Option<Cpus>,
    /// Forget the remembered limits; new containers get the configured ones
    #[arg(long, conflicts_with_all = ["memory", "cpus"])]
    forget: bool,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &ResourcesArgs, app: &App) -> anyhow::Result<()> {
    let context = app.context()?;
    let engine = context.engine()?;
    let container = args.target.find(&engine, &context).await?;
    let limits = ResourceLimits { memory: args.memory, cpus: args.cpus };
    if limits != ResourceLimits::default() {
        resources::set_limits(&context, &engine, &container, limits).await?;
    }
    if args.forget {
        resources::forget_limits(&context, &container).await?;
    }
    let resources = resources::read(&context, &engine, &container).await?;
    let output = ResourcesOutput::of(&container, &resources);
    let text = |_: &_| resources.describe(&container);
    print_object(&app.ui, OutputFormat::new(args.json), &output, text)
}
