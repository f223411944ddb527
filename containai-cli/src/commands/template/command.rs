use std::process::ExitCode;

use clap::{Args, Subcommand};
use containai_core::config::Flags;

use super::{build, check, list, new, upgrade};
use crate::app::App;
use containai::context::Context;

/// Look after templates: what containers have on top of an image of ContainAI [default: list]
///
/// A template is a directory in `~/.config/containai/templates` with a
/// Dockerfile that begins with `ARG BASE_IMAGE` and `FROM ${BASE_IMAGE}`.
/// Whatever it says, systemd stays the first process of its containers.
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
    let mut flags = Flags { docker_host: app.global.docker_host.clone(), ..Flags::default() };
    match verb {
        TemplateVerb::New(args) => new::run(&args, app),
        TemplateVerb::Check(args) => check::run(&args, app),
        TemplateVerb::Upgrade(args) => upgrade::run(&args, app),
        TemplateVerb::List(args) => {
            list::run(&args, &Context::new(&app.env, &app.reporter, flags, None)?, app).await
        }
        TemplateVerb::Build(args) => {
            flags.image.clone_from(&args.image);
            flags.image_source = args.image_source;
            build::run(&args, &Context::new(&app.env, &app.reporter, flags, None)?, app).await
        }
    }
}
