use std::process::ExitCode;

use clap::Args;
use containai_core::config::Flags;

use super::target::TargetArgs;
use crate::app::Global;
use crate::context::Context;
use crate::env::Env;
use crate::ui::Ui;
use crate::wire::status::Status;

/// Tell how the workspace's container is
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    args: &StatusArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let flags = Flags { docker_host: global.docker_host.clone(), ..Flags::default() };
    let context = Context::new(env, ui, flags, None)?;
    let engine = context.engine()?;
    let container = args.target.find(&engine, env).await?;
    let usage = engine.usage(&container.id).await;
    let status = Status::of(&container, usage);
    match args.json {
        true => ui.data(&serde_json::to_string_pretty(&status)?)?,
        false => ui.data(&status.to_string())?,
    }
    Ok(ExitCode::SUCCESS)
}
