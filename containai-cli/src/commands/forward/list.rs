use clap::Args;
use containai::forward_registry::RegisteredForward;

use crate::app::App;
use crate::args::TargetArgs;

/// List active forwards, in the foreground and in the background
#[derive(Debug, Args)]
#[command(mut_arg("target", |arg| arg.help("Container name or workspace path [default: all containers]")))]
pub(super) struct ForwardListArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ForwardListArgs, app: &App) -> anyhow::Result<()> {
    let container = args.target.container_name(app).await?;
    let mut all = RegisteredForward::list(&app.env.layout.forward_dir())?;
    all.retain(|it| container.as_ref().is_none_or(|name| it.container == *name));
    if args.json {
        app.ui.data(&serde_json::to_string_pretty(&all)?)?;
        return Ok(());
    }
    for RegisteredForward { container, pid, forwards, .. } in &all {
        for (option, text) in forwards {
            app.ui.data(&format!("{container}  {option} {text}  (process {pid})"))?;
        }
    }
    Ok(())
}
