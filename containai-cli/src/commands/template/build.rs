use std::process::ExitCode;

use clap::Args;
use containai::context::Context;
use containai::templates::TemplateBatch;
use containai_core::config::parse_image;
use containai_core::engine::{ImageRequest, ImageSource};
use containai_core::naming::TemplateName;
use containai_docker::image::BuildCache;

use crate::app::App;

/// Build the images of templates and print their references
///
/// All files in a template's directory are part of the image; an image is
/// rebuilt if they changed. Existing containers keep their image; `cai run
/// --fresh` recreates them.
#[derive(Debug, Args)]
pub(super) struct TemplateBuildArgs {
    /// Templates [default: all]
    #[arg(value_name = "NAME")]
    templates: Vec<TemplateName>,
    /// Base image: an image of ContainAI, or any reference
    #[arg(long, value_parser = parse_image)]
    pub(super) image: Option<ImageRequest>,
    /// Source of a missing base image: auto, pull, build or bootstrap
    #[arg(long, value_name = "SOURCE")]
    pub(super) image_source: Option<ImageSource>,
    /// Rebuild existing images without the build cache
    #[arg(long)]
    no_cache: bool,
    /// Print the images to build without building them
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(
    args: &TemplateBuildArgs,
    context: &Context,
    app: &App,
) -> anyhow::Result<ExitCode> {
    let cache = if args.no_cache { BuildCache::Disabled } else { BuildCache::Enabled };
    let mut batch = TemplateBatch::new(&context.env.layout, &args.templates, &app.reporter)?;
    while let Some(template) = batch.next() {
        match (batch.accept(template.needs_build(cache, context).await), args.dry_run) {
            (None, _) => {}
            (Some((image, false)), _) => {
                app.ui.say(&format!("{} is up to date", template.name));
                app.ui.data(&image)?;
            }
            (Some((image, true)), true) => app.ui.data(&format!("build {image}"))?,
            (Some((_, true)), false) => match batch.accept(template.build(cache, context).await) {
                None => {}
                Some(image) => app.ui.data(&image)?,
            },
        }
    }
    Ok(ExitCode::from(batch.exit_code()))
}
