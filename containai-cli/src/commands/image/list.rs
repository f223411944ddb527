use clap::Args;
use containai::images;
use containai_docker::DockerEngine;

use crate::app::App;
use crate::output::format::{OutputFormat, print_list};
use crate::output::image::{ImageEntry, table};

/// List the ContainAI images on the engine
#[derive(Debug, Args)]
pub(super) struct ImageListArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    args: &ImageListArgs,
    engine: &DockerEngine,
    app: &App,
) -> anyhow::Result<()> {
    let entries = ImageEntry::list(&images::list(engine).await?);
    let empty = "no images; build one with `cai image build`";
    print_list(&app.ui, OutputFormat::new(args.json), &entries, table, empty)
}
