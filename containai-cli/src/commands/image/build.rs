use std::process::ExitCode;

use clap::Args;
use containai_core::engine::{Engine as _, ImageRequest, ImageSource, ShippedImage};
use containai_docker::DockerEngine;
use containai_docker::image::{BuildCache, local_reference};

use crate::app::App;
use containai::context::Context;

/// Build images from the files that `cai` has in it
///
/// What an image is built on is built before it, where it is missing. An image
/// whose files did not change is not built again.
#[derive(Debug, Args)]
pub(super) struct ImageBuildArgs {
    /// The images: base, agents, sdks or full [default: agents]
    #[arg(value_name = "NAME")]
    names: Vec<ShippedImage>,
    /// Build again what is there, and take nothing from earlier builds
    #[arg(long)]
    no_cache: bool,
    /// What to build on: auto, build (a pulled distribution) or bootstrap
    #[arg(long, value_name = "WAY")]
    pub(super) image_source: Option<ImageSource>,
    /// Print what would be built, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(
    args: &ImageBuildArgs,
    context: &Context,
    engine: &DockerEngine,
    app: &App,
) -> anyhow::Result<ExitCode> {
    let ui = &app.ui;
    for image in build_order(&args.names) {
        let reference = local_reference(image);
        let found = engine.find_image(&ImageRequest::Shipped(image)).await?;
        if found.is_some() && !args.no_cache {
            ui.say(&format!("{image} is there as {reference}", image = image.name()));
        } else if args.dry_run {
            ui.data(&format!("build {reference}"))?;
        } else {
            let cache = if args.no_cache { BuildCache::Disabled } else { BuildCache::Enabled };
            let source = context.config.image_source.value;
            let built = engine.build_image(image, source, cache, &app.reporter).await;
            ui.finish_progress();
            ui.data(&built?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Each image once, what others are built on first.
fn build_order(names: &[ShippedImage]) -> Vec<ShippedImage> {
    let mut images = if names.is_empty() { vec![ShippedImage::DEFAULT] } else { names.to_vec() };
    images.sort_unstable();
    images.dedup();
    images
}
