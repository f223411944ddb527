use std::process::ExitCode;

use crate::app::App;
use clap::Args;

use containai::forward_registry::RegisteredForward;

/// List what is forwarded, in the foreground too
#[derive(Debug, Default, Args)]
pub(crate) struct PortsListArgs {
    /// Of this container only
    name: Option<String>,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &PortsListArgs, app: &App) -> anyhow::Result<ExitCode> {
    let mut all = RegisteredForward::list(&app.env.layout.forward_dir())?;
    all.retain(|it| args.name.as_ref().is_none_or(|name| it.container == *name));
    if args.json {
        app.ui.data(&serde_json::to_string_pretty(&all)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for forwarding in &all {
        for (option, text) in &forwarding.forwards {
            let RegisteredForward { container, pid, .. } = forwarding;
            app.ui.data(&format!("{container}  {option} {text}  (process {pid})"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
