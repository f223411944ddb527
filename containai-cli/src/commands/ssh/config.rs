use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use containai_core::config::Flags;
use containai_core::engine::{Container, Engine as _};
use containai_core::lifecycle::Refusal;
use containai_core::naming::{ContainerName, WorkspacePath};

use crate::app::App;
use containai::context::Context;
use containai::target::unknown_name;

/// Print the OpenSSH configuration of containers
///
/// It is what the next command writes to `~/.ssh/containai.d`, made of the
/// containers that there are and of the configuration for their workspaces.
#[derive(Debug, Args)]
pub(crate) struct SshConfigArgs {
    /// The container [default: every one]
    name: Option<String>,
}

pub(super) async fn run(args: &SshConfigArgs, app: &App) -> anyhow::Result<ExitCode> {
    let flags = Flags { docker_host: app.global.docker_host.clone(), ..Flags::default() };
    let context = Context::new(&app.env, &app.reporter, flags.clone(), None)?;
    let mut containers = context.engine()?.containers().await?;
    containers.retain(|it| it.labels.is_managed() && !it.labels.is_helper());
    if let Some(name) = &args.name {
        containers.retain(|it| it.name == *name);
        if containers.is_empty() {
            return Err(unknown_name(&format!("there is no container `{name}`")).into());
        }
    }
    containers.sort_by(|a, b| a.name.cmp(&b.name));
    let mut blocks = Vec::new();
    for container in &containers {
        match host_block(app, &flags, container) {
            Ok(block) => blocks.push(block),
            Err(error) if args.name.is_some() => return Err(error),
            Err(error) => app.ui.warn(&error.to_string()),
        }
    }
    if !blocks.is_empty() {
        app.ui.data(blocks.join("\n").trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The block as the configuration for the container's workspace has it.
fn host_block(app: &App, flags: &Flags, container: &Container) -> anyhow::Result<String> {
    let workspace = container.labels.workspace();
    let workspace = workspace.and_then(|path| WorkspacePath::new(Path::new(path)).ok());
    let context = Context::new(&app.env, &app.reporter, flags.clone(), workspace.as_ref())?;
    let not_ours = || Refusal::NotManaged { name: container.name.clone() };
    let name = ContainerName::parse(&container.name).map_err(|_| not_ours())?;
    let no_port = || Refusal::NoPort { name: container.name.clone() };
    let port = container.labels.ssh_port().ok_or_else(no_port)?;
    Ok(context.remote.host_block(&name, port).render()?)
}
