use std::process::ExitCode;

use clap::Args;
use containai_core::engine::ShippedImage;
use containai_docker::DockerEngine;
use containai_docker::image::local_reference;

use crate::app::App;
use crate::output::image::{self, ImageEntry};

/// List the images of ContainAI that the engine has
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
) -> anyhow::Result<ExitCode> {
    let current = ShippedImage::ALL.map(local_reference);
    let mut stored = engine.managed_images().await?;
    stored.sort_by(|a, b| a.name().cmp(&b.name()).then_with(|| b.created.cmp(&a.created)));
    let images: Vec<_> = stored.iter().map(|image| ImageEntry::of(image, &current)).collect();
    if args.json {
        app.ui.data(&serde_json::to_string_pretty(&images)?)?;
    } else if images.is_empty() {
        app.ui.say("there is no image of ours; `cai image build` makes one");
    } else {
        app.ui.data(&image::table(&images))?;
    }
    Ok(ExitCode::SUCCESS)
}
