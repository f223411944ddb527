use std::process::ExitCode;

use clap::{Args, Subcommand};
use containai_core::config::Flags;

use super::{build, list, prune, pull};
use crate::app::Global;
use crate::context::Context;
use crate::env::Env;
use crate::ui::Ui;

/// Look after the images that containers are made of
#[derive(Debug, Args)]
pub(crate) struct ImageArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::ListArgs),
    Build(build::BuildArgs),
    Pull(pull::PullArgs),
    Prune(prune::PruneArgs),
}

pub(crate) async fn run(
    args: ImageArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let mut flags = Flags { docker_host: global.docker_host.clone(), ..Flags::default() };
    if let Verb::Build(args) = &args.verb {
        flags.image_source = args.image_source;
    }
    let context = Context::new(env, ui, flags, None)?;
    let engine = context.engine()?;
    match args.verb {
        Verb::List(args) => list::run(&args, &engine, ui).await,
        Verb::Build(args) => build::run(&args, &context, &engine).await,
        Verb::Pull(args) => pull::run(args, &context, &engine).await,
        Verb::Prune(args) => prune::run(&args, &engine, ui).await,
    }
}
