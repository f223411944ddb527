use clap::Args;

use crate::app::App;
use crate::args::TargetArgs;
use crate::output::status::StatusOutput;
use containai::status::StatusQuery;
use containai::sysbox_health;

/// Show the container's status
///
/// Sessions, memory and CPU are read from the kernel if the engine runs on this
/// machine, else from the engine. Figures that take longer than three seconds
/// are omitted.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &StatusArgs, app: &App) -> anyhow::Result<()> {
    let context = app.context()?;
    let engine = context.engine()?;
    let container = args.target.find(&engine, &context).await?;
    sysbox_health::warn_if_not_running(&context, &container);
    let query = StatusQuery::start(&engine, &container).await;
    if !args.json {
        // The other values may take a moment.
        app.ui.data(&StatusOutput::of(&container, query.status).to_string())?;
    }
    let status = StatusOutput::of(&container, query.finish().await);
    match (args.json, status.usage()) {
        (true, _) => app.ui.data(&serde_json::to_string_pretty(&status)?)?,
        (false, Some(usage)) => app.ui.data(&usage)?,
        (false, None) => {}
    }
    Ok(())
}
