use std::process::ExitCode;

use clap::Args;
use containai::session::SessionRequest;
use containai::stop::{StopRequest, StopSelection, VolumeRemoval};
use containai_core::engine::Engine as _;
use containai_core::exit;
use containai_core::lifecycle::StopMode;

use crate::app::App;
use crate::args::TargetArgs;

/// Stop and start the workspace's existing container
///
/// Services and the inner Docker start again. Prompts for confirmation if there
/// are active sessions, and fails without a terminal then.
#[derive(Debug, Args)]
pub(crate) struct RestartArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Skip the confirmation
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(args: &RestartArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = app.context()?;
    let engine = context.engine()?;
    let containers = engine.containers().await?;
    let container = args.target.find_among(&containers, &context)?;
    let flags = app.global.flags();
    let start = SessionRequest::existing(&container, flags, &app.env, &app.reporter)?;
    let stop = StopRequest {
        context: &context,
        engine: &engine,
        selection: StopSelection::Container(container.id.clone()),
        mode: StopMode::Stop,
        volumes: VolumeRemoval::Keep,
        export: None,
    };
    let stop = stop.prepare(containers).await?;
    if !args.force && !stop.confirm().await? {
        app.ui.say("nothing was stopped");
        return Ok(ExitCode::from(exit::FAILED));
    }
    stop.execute().await?;
    let reached = start.connect_existing().await?;
    reached.connection.close().await;
    app.ui.say(&format!("started container {}", container.name));
    Ok(ExitCode::SUCCESS)
}
