use std::process::ExitCode;

use clap::Args;
use containai_core::engine::{PruneScope, ShippedImage, prunable};
use containai_docker::DockerEngine;
use containai_docker::image::{ImageRemoval, local_reference};

use crate::app::App;
use crate::output::image;
use containai::host_facts;

/// Remove images of ContainAI that nobody needs
///
/// Images of other versions go, and what builds left behind. What a container
/// is made of stays, a stopped one included.
#[derive(Debug, Args)]
pub(super) struct ImagePruneArgs {
    /// Remove what this version would use as well; the next container makes it anew
    #[arg(long)]
    all: bool,
    /// Print what would be removed, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Print a JSON array of what is removed
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    args: &ImagePruneArgs,
    engine: &DockerEngine,
    app: &App,
) -> anyhow::Result<ExitCode> {
    let current = ShippedImage::ALL.map(local_reference);
    let thrift = if args.all { PruneScope::Unused } else { PruneScope::Outdated };
    let images = engine.managed_images().await?;
    let mut gone = Vec::new();
    for stored in prunable(&images, &current, thrift, host_facts::now()) {
        if args.dry_run {
            gone.push(image::ImageEntry::of(stored, &current));
            continue;
        }
        match engine.remove_managed_image(stored).await? {
            ImageRemoval::Removed => gone.push(image::ImageEntry::of(stored, &current)),
            ImageRemoval::InUse(reason) => {
                app.ui.verbose(&format!("{} stays: {reason}", image::label(stored)));
            }
        }
    }
    if args.json {
        app.ui.data(&serde_json::to_string_pretty(&gone)?)?;
    } else if gone.is_empty() {
        app.ui.say("there is no image that nobody needs");
    } else {
        app.ui.data(&image::table(&gone))?;
    }
    Ok(ExitCode::SUCCESS)
}
