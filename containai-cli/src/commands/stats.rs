use std::process::ExitCode;

use clap::Args;
use containai_core::engine::RunState;
use containai_docker::{Activity, Sizes};
use futures_util::future::join_all;

use crate::app::App;
use crate::output::stats::{Figures, table};
use containai::context::Context;

/// Show what all running containers use now
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &StatsArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let mut listed = engine.managed(Sizes::Unknown).await?;
    listed.retain(|it| it.container.state == RunState::Running);
    let figures = listed.iter().map(async |it| {
        let id = &it.container.id;
        let running = engine.running(id).await;
        let Activity { usage, sessions } = engine.activity(id, &running).await;
        Figures::of(&it.container, usage, sessions)
    });
    let figures = join_all(figures).await;
    match args.json {
        true => app.ui.data(&serde_json::to_string_pretty(&figures)?)?,
        false if figures.is_empty() => app.ui.say("no container is running"),
        false => app.ui.data(&table(&figures))?,
    }
    if figures.iter().any(Figures::is_incomplete) {
        app.ui.warn("some figures are unknown: the engine did not give them in time");
    }
    Ok(ExitCode::SUCCESS)
}
