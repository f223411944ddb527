use std::process::ExitCode;

use crate::app::App;
use clap::Args;

use containai::forwarding::Forwarding;

/// List what is forwarded, in the foreground too
#[derive(Debug, Default, Args)]
pub(crate) struct ListArgs {
    /// Of this container only
    name: Option<String>,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ListArgs, app: &App) -> anyhow::Result<ExitCode> {
    let mut all = Forwarding::all(&app.env.layout.forward_dir())?;
    all.retain(|it| args.name.as_ref().is_none_or(|name| it.container == *name));
    if args.json {
        app.ui.data(&serde_json::to_string_pretty(&all)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for forwarding in &all {
        for (option, text) in &forwarding.forwards {
            let Forwarding { container, pid, .. } = forwarding;
            app.ui.data(&format!("{container}  {option} {text}  (process {pid})"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
