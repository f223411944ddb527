use std::process::ExitCode;

use clap::{Args, Subcommand};
use containai_core::config::Flags;

use super::{build, check, list, new, upgrade};
use crate::app::App;
use containai::context::Context;

/// Manage templates: Dockerfiles that extend an image of ContainAI [default: list]
///
/// A template is a directory in `~/.config/containai/templates` with a
/// Dockerfile that begins with `ARG BASE_IMAGE` and `FROM ${BASE_IMAGE}`. The
/// first process of its containers is always systemd.
#[derive(Debug, Args)]
pub(crate) struct TemplateArgs {
    #[command(subcommand)]
    verb: Option<TemplateVerb>,
}

#[derive(Debug, Subcommand)]
enum TemplateVerb {
    List(list::TemplateListArgs),
    New(new::TemplateNewArgs),
    Build(build::TemplateBuildArgs),
    Check(check::TemplateCheckArgs),
    Upgrade(upgrade::TemplateUpgradeArgs),
}

pub(crate) async fn run(args: TemplateArgs, app: &App) -> anyhow::Result<ExitCode> {
    let verb = args.verb.unwrap_or(TemplateVerb::List(list::TemplateListArgs::default()));
    let mut flags = Flags::for_engine(app.global.docker_host.clone());
    if let TemplateVerb::Build(args) = &verb {
        flags.image.clone_from(&args.image);
        flags.image_source = args.image_source;
    }
    let context = || Context::new(&app.env, &app.reporter, flags, None);
    match verb {
        TemplateVerb::New(args) => new::run(&args, app),
        TemplateVerb::Check(args) => check::run(&args, app),
        TemplateVerb::Upgrade(args) => upgrade::run(&args, app),
        TemplateVerb::List(args) => list::run(&args, &context()?, app).await,
        TemplateVerb::Build(args) => build::run(&args, &context()?, app).await,
    }
}
