use clap::Args;
use containai::images;
use containai_core::config::parse_image;
use containai_core::engine::{ImageRequest, ShippedImage};
use containai_docker::DockerEngine;

use crate::app::App;

/// Pull images from a registry
#[derive(Debug, Args)]
pub(super) struct ImagePullArgs {
    /// Images: base, agents, sdks, full, or any reference [default: agents]
    #[arg(value_name = "NAME", value_parser = parse_image)]
    names: Vec<ImageRequest>,
    /// Print the images to pull without pulling them
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(
    args: ImagePullArgs,
    engine: &DockerEngine,
    app: &App,
) -> anyhow::Result<()> {
    let names = match args.names.is_empty() {
        true => vec![ImageRequest::Shipped(ShippedImage::DEFAULT)],
        false => args.names,
    };
    for image in names {
        match args.dry_run {
            true => app.ui.data(&format!("pull {image}"))?,
            false => app.ui.data(&images::pull(engine, &image, &app.reporter).await?)?,
        }
    }
    Ok(())
}
