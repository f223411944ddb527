use std::process::ExitCode;

use clap::Args;

use crate::env::Env;
use crate::forwarding::Forwarding;
use crate::ui::Ui;

/// List what is forwarded, in the foreground too
#[derive(Debug, Default, Args)]
pub(crate) struct ListArgs {
    /// Of this container only
    name: Option<String>,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ListArgs, env: &Env, ui: &Ui) -> anyhow::Result<ExitCode> {
    let mut all = Forwarding::all(&env.layout.forward_dir())?;
    all.retain(|it| args.name.as_ref().is_none_or(|name| it.container == *name));
    if args.json {
        ui.data(&serde_json::to_string_pretty(&all)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for forwarding in &all {
        for (option, text) in &forwarding.forwards {
            let Forwarding { container, pid, .. } = forwarding;
            ui.data(&format!("{container}  {option} {text}  (process {pid})"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
