use std::process::ExitCode;

use clap::Args;
use containai_core::config::Flags;
use containai_core::engine::{Container, Engine as _, RunState};
use containai_core::lifecycle::Observed;
use containai_core::naming::ContainerName;
use containai_core::remote::Remote as _;
use containai_docker::DockerEngine;

use super::target::TargetArgs;
use crate::app::Global;
use crate::context::Context;
use crate::env::Env;
use crate::ui::Ui;

/// Stop the workspace's container
///
/// systemd inside shuts down in order. File system, volumes and name stay; the
/// next `cai run` starts the container again.
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Stop every container that this machine has on the engine
    #[arg(long, conflicts_with_all = ["path", "workspace", "container"])]
    all: bool,
    /// Remove the container afterwards; its named volumes stay
    #[arg(long)]
    remove: bool,
}

pub(super) async fn run(
    args: &StopArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let flags = Flags { docker_host: global.docker_host.clone(), ..Flags::default() };
    let context = Context::new(env, ui, flags, None)?;
    let engine = context.engine()?;
    let containers = match args.all {
        true => own(engine.containers().await?),
        false => vec![args.target.find(&engine, env).await?],
    };
    for container in &containers {
        stop(&context, &engine, container, args).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What other machines have on the engine is theirs to stop.
fn own(mut containers: Vec<Container>) -> Vec<Container> {
    containers.retain(|it| it.labels.is_managed() && it.labels.workspace().is_some());
    containers
}

async fn stop(
    context: &Context<'_>,
    engine: &DockerEngine,
    container: &Container,
    args: &StopArgs,
) -> anyhow::Result<()> {
    let name = &container.name;
    if matches!(container.state, RunState::Running | RunState::Paused | RunState::Restarting) {
        context.ui.begin_work(&format!("stopping {name}"));
        engine.stop(&container.id).await?;
        context.ui.finish_work();
        context.ui.say(&format!("stopped {name}"));
    }
    if args.remove {
        // A successor that a run was making for it would take its place.
        let observed = Observed { containers: engine.containers().await?, ..Observed::default() };
        if let Some(successor) = observed.successor_of(container) {
            engine.remove(&successor.id).await?;
        }
        engine.remove(&container.id).await?;
        if let (Ok(name), Some(port)) = (ContainerName::parse(name), container.labels.ssh_port()) {
            context.remote.forget(&name, port).await?;
        }
        context.ui.say(&format!("removed {name}; its volumes stay"));
    }
    Ok(())
}
