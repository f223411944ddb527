use std::process::ExitCode;

use clap::Args;
use containai_core::engine::RunState;
use containai_docker::Sizes;
use futures_util::future::join_all;

use crate::app::Global;
use crate::context::Context;
use crate::env::Env;
use crate::ui::Ui;
use crate::wire::stats::{Figures, table};

/// Tell once what all running containers use
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    args: &StatsArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(env, ui, global)?;
    let engine = context.engine()?;
    let mut listed = engine.managed(Sizes::Unknown).await?;
    listed.retain(|it| it.container.state == RunState::Running);
    let figures = listed.iter().map(async |it| {
        let id = &it.container.id;
        let (usage, sessions) = tokio::join!(engine.usage(id), engine.sessions(id));
        Figures::of(&it.container, usage, sessions)
    });
    let figures = join_all(figures).await;
    match args.json {
        true => ui.data(&serde_json::to_string_pretty(&figures)?)?,
        false if figures.is_empty() => ui.say("no container is running"),
        false => ui.data(&table(&figures))?,
    }
    Ok(ExitCode::SUCCESS)
}
