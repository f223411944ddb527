use std::process::ExitCode;

use clap::Args;
use containai::context::Context;
use containai::openssh;
use containai::target::unknown_name;
use containai_core::engine::Engine as _;

use crate::app::App;
use crate::args::TargetArgs;

/// Print the OpenSSH configuration generated for containers
///
/// The next command that opens a session writes it to `~/.ssh/containai.d`. It
/// is generated from the existing containers and the configuration of their
/// workspaces.
#[derive(Debug, Args)]
#[command(mut_arg("target", |arg| arg.help("Container name or workspace path [default: all containers]")))]
pub(super) struct SshConfigArgs {
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(args: SshConfigArgs, app: &App) -> anyhow::Result<ExitCode> {
    let flags = app.global.flags();
    let selected = args.target.container_name(app).await?;
    let context = Context::new(&app.env, &app.reporter, flags.clone(), None)?;
    let mut containers = context.engine()?.containers().await?;
    containers.retain(|it| it.labels.is_managed() && !it.labels.is_helper());
    if let Some(name) = &selected {
        containers.retain(|it| it.name == *name);
        if containers.is_empty() {
            return Err(unknown_name(&format!("there is no container `{name}`")).into());
        }
    }
    containers.sort_by(|a, b| a.name.cmp(&b.name));
    let mut blocks = Vec::new();
    for container in &containers {
        match openssh::host_block(container, &flags, &app.env, &app.reporter) {
            Ok(block) => blocks.push(block),
            Err(error) if selected.is_some() => return Err(error.into()),
            Err(error) => app.ui.warn(&error.to_string()),
        }
    }
    if !blocks.is_empty() {
        app.ui.data(blocks.join("\n").trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}
