use clap::Args;
use containai::context::Context;
use containai::images;
use containai_core::engine::PruneScope;
use containai_docker::DockerEngine;

use crate::app::App;
use crate::output::format::{OutputFormat, print_list};
use crate::output::image::{ImageEntry, table};

/// Remove unused ContainAI images
///
/// Removes images of other versions, and untagged images of earlier builds.
/// Images of existing containers are kept, even if the container is stopped. On
/// the engine that `cai setup` started, build cache that was not used for a week
/// is removed as well.
#[derive(Debug, Args)]
pub(super) struct ImagePruneArgs {
    /// Also remove the images of this version; the next container rebuilds its image
    #[arg(long)]
    all: bool,
    /// Print the unused images without removing them
    #[arg(long)]
    dry_run: bool,
    /// Print a JSON array of the removed images
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    args: &ImagePruneArgs,
    context: &Context,
    engine: &DockerEngine,
    app: &App,
) -> anyhow::Result<()> {
    let scope = if args.all { PruneScope::Unused } else { PruneScope::Outdated };
    let removed = match args.dry_run {
        true => images::unused(engine, scope).await?,
        false => images::prune(context, engine, scope).await?,
    };
    let (format, entries) = (OutputFormat::new(args.json), ImageEntry::list(&removed));
    print_list(&app.ui, format, &entries, table, "no unused images")
}
