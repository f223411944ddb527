use clap::Args;
use containai::context::Context;
use containai::images;
use containai_core::engine::{ImageSource, ShippedImage};
use containai_docker::DockerEngine;
use containai_docker::image::{BuildCache, local_reference};

use crate::app::App;

/// Build images from the files included in `cai`
///
/// Missing images that an image is built on are built first. An image is rebuilt
/// only if its files changed.
#[derive(Debug, Args)]
pub(super) struct ImageBuildArgs {
    /// Images: base, agents, sdks or full [default: agents]
    #[arg(value_name = "NAME")]
    names: Vec<ShippedImage>,
    /// Rebuild existing images without the build cache
    #[arg(long)]
    no_cache: bool,
    /// Source of the distribution's image: auto, build (pull it) or bootstrap
    #[arg(long, value_name = "SOURCE")]
    pub(super) image_source: Option<ImageSource>,
    /// Print the images to build without building them
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(
    args: &ImageBuildArgs,
    context: &Context,
    engine: &DockerEngine,
    app: &App,
) -> anyhow::Result<()> {
    let cache = if args.no_cache { BuildCache::Disabled } else { BuildCache::Enabled };
    let source = context.config.image_source.value;
    for image in images::build_order(&args.names) {
        let reference = local_reference(image);
        if !images::needs_build(engine, image, cache).await? {
            app.ui.say(&format!("{} is up to date: {reference}", image.name()));
        } else if args.dry_run {
            app.ui.data(&format!("build {reference}"))?;
        } else {
            app.ui.data(&images::build(engine, image, source, cache, &app.reporter).await?)?;
        }
    }
    Ok(())
}
