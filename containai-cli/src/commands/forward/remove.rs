use clap::Args;
use containai::forward::stop_selected;

use crate::app::App;
use crate::args::{TargetArgs, TargetOptions};

/// Stop forwards
#[derive(Debug, Args)]
pub(super) struct ForwardRemoveArgs {
    /// Port or socket path that a forward listens on, such as `8080`
    #[arg(value_name = "PORT|PATH", required_unless_present_any = ["all", "container", "workspace"])]
    listens: Vec<String>,
    #[command(flatten)]
    target: TargetOptions,
    /// Stop all forwards
    #[arg(long, conflicts_with = "listens")]
    all: bool,
}

pub(super) async fn run(args: ForwardRemoveArgs, app: &App) -> anyhow::Result<()> {
    let container = TargetArgs::from(args.target).container_name(app).await?;
    let directory = app.env.layout.forward_dir();
    let stopped = stop_selected(&directory, container.as_deref(), &args.listens).await?;
    for (option, text) in stopped.iter().flat_map(|it| &it.forwards) {
        app.ui.say(&format!("stopped {option} {text}"));
    }
    Ok(())
}
