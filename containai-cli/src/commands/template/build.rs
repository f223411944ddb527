use std::process::ExitCode;

use clap::Args;
use containai_core::config::parse_image;
use containai_core::engine::{Engine as _, ImageRequest, ImageSource};
use containai_core::naming::TemplateName;
use containai_docker::image::BuildCache;

use crate::app::App;
use containai::context::Context;
use containai::templates::{self, Template};

/// Build the images of templates
///
/// Their references are printed. An image is made of everything in its
/// template's directory. One that did not
/// change since is not built again. Containers that there are keep the image
/// that they were made of; `cai run --fresh` makes one anew.
#[derive(Debug, Args)]
pub(super) struct TemplateBuildArgs {
    /// The templates [default: all]
    #[arg(value_name = "NAME")]
    templates: Vec<TemplateName>,
    /// What to build on: an image of ContainAI, or any reference
    #[arg(long, value_parser = parse_image)]
    pub(super) image: Option<ImageRequest>,
    /// How to get that image: auto, pull, build or bootstrap
    #[arg(long, value_name = "WAY")]
    pub(super) image_source: Option<ImageSource>,
    /// Build again what is there, and take nothing of the Dockerfile from earlier
    /// builds
    #[arg(long)]
    no_cache: bool,
    /// Print what would be built, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(
    args: &TemplateBuildArgs,
    context: &Context,
    app: &App,
) -> anyhow::Result<ExitCode> {
    let (ui, config) = (&app.ui, &context.config);
    let names = match args.templates.is_empty() {
        true => templates::list(&context.env.layout)?,
        false => args.templates.clone(),
    };
    for name in names {
        let recipe = Template::load(&context.env.layout, &name)?.recipe(&config.image.value)?;
        let image = ImageRequest::Reference(recipe.reference.to_string());
        let engine = context.engine()?;
        if !args.no_cache && engine.find_image(&image).await?.is_some() {
            ui.say(&format!("{name} is built"));
            ui.data(&image.to_string())?;
        } else if args.dry_run {
            ui.data(&format!("build {image}"))?;
        } else {
            let source = config.image_source.value;
            let built = match args.no_cache {
                true => {
                    engine.build_recipe(&recipe, source, BuildCache::Disabled, &app.reporter).await
                }
                false => {
                    engine.with_recipe(recipe).ensure_image(&image, source, &app.reporter).await
                }
            };
            ui.finish_progress();
            ui.data(&built?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
