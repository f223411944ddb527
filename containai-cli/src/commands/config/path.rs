use crate::app::App;
use clap::Args;

/// Print the path of your configuration file, which may not exist yet
#[derive(Debug, Args)]
pub(super) struct ConfigPathArgs {}

pub(super) fn run(_: &ConfigPathArgs, app: &App) -> anyhow::Result<()> {
    app.ui.data(&app.env.layout.config_file().display().to_string())
}
