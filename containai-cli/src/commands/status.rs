use std::process::ExitCode;

use clap::Args;
use containai_core::engine::{RunState, Storage as _};

use super::target::TargetArgs;
use crate::app::Global;
use crate::context::Context;
use crate::env::Env;
use crate::host;
use crate::ui::Ui;
use crate::wire::status::{Live, Status};

/// Tell how the workspace's container is
///
/// Uptime, id range, sessions, memory and CPU are told where the engine says them
/// within five seconds.
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
    let context = Context::of_engine(env, ui, global)?;
    let engine = context.engine()?;
    let container = args.target.find(&engine, &context).await?;
    let live = match container.state {
        RunState::Running | RunState::Paused => {
            let id = &container.id;
            let moments = tokio::time::timeout(host::PATIENCE, engine.moments(id));
            let (usage, sessions, id_range, moments) =
                tokio::join!(engine.usage(id), engine.sessions(id), engine.id_range(id), moments);
            let started = moments.ok().and_then(Result::ok).and_then(|moments| moments.started);
            Live { usage, sessions, id_range, uptime: started.map(|at| at.age_at(host::now())) }
        }
        _ => Live::default(),
    };
    let status = Status::of(&container, live);
    match args.json {
        true => ui.data(&serde_json::to_string_pretty(&status)?)?,
        false => ui.data(&status.to_string())?,
    }
    Ok(ExitCode::SUCCESS)
}
