use clap::Args;
use containai_core::engine::RunState;

use crate::app::App;
use crate::args::TargetArgs;

/// Start the workspace's existing container
#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    #[command(flatten)]
    target: TargetArgs,
}

pub(crate) async fn run(args: &StartArgs, app: &App) -> anyhow::Result<()> {
    let (container, request) = args.target.existing_session(app).await?;
    let reached = request.connect_existing().await?;
    reached.connection.close().await;
    let name = &reached.container.name;
    app.ui.say(&match container.state {
        RunState::Running => format!("container {name} is running already"),
        _ => format!("started container {name}"),
    });
    Ok(())
}
