use clap::{Args, Subcommand};
use containai_core::config::Flags;

use super::{build, list, prune, pull};
use crate::app::App;
use containai::context::Context;

/// Manage the images of containers
#[derive(Debug, Args)]
pub(crate) struct ImageArgs {
    #[command(subcommand)]
    verb: ImageVerb,
}

#[derive(Debug, Subcommand)]
enum ImageVerb {
    List(list::ImageListArgs),
    Build(build::ImageBuildArgs),
    Pull(pull::ImagePullArgs),
    Prune(prune::ImagePruneArgs),
}

pub(crate) async fn run(args: ImageArgs, app: &App) -> anyhow::Result<()> {
    let mut flags = Flags::for_engine(app.global.docker_host.clone());
    if let ImageVerb::Build(args) = &args.verb {
        flags.image_source = args.image_source;
    }
    let context = Context::new(&app.env, &app.reporter, flags, None)?;
    let engine = context.engine()?;
    match args.verb {
        ImageVerb::List(args) => list::run(&args, &engine, app).await,
        ImageVerb::Build(args) => build::run(&args, &context, &engine, app).await,
        ImageVerb::Pull(args) => pull::run(args, &engine, app).await,
        ImageVerb::Prune(args) => prune::run(&args, &context, &engine, app).await,
    }
}
