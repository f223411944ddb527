use std::process::ExitCode;

use clap::Args;
use containai_core::config::parse_image;
use containai_core::engine::{ImageRequest, ShippedImage};
use containai_docker::DockerEngine;

use crate::app::App;

/// Pull images from a registry
#[derive(Debug, Args)]
pub(super) struct ImagePullArgs {
    /// The images: base, agents, sdks, full, or any reference [default: agents]
    #[arg(value_name = "NAME", value_parser = parse_image)]
    names: Vec<ImageRequest>,
    /// Print what would be pulled, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(
    args: ImagePullArgs,
    engine: &DockerEngine,
    app: &App,
) -> anyhow::Result<ExitCode> {
    let ui = &app.ui;
    let names = match args.names.is_empty() {
        true => vec![ImageRequest::Shipped(ShippedImage::DEFAULT)],
        false => args.names,
    };
    for image in names {
        if args.dry_run {
            ui.data(&format!("pull {image}"))?;
            continue;
        }
        let pulled = engine.pull_image(&image, &app.reporter).await;
        ui.finish_progress();
        ui.data(&pulled?)?;
    }
    Ok(ExitCode::SUCCESS)
}
