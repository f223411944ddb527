use std::process::ExitCode;

use crate::app::App;
use clap::Args;

/// Print where the user's file is, which need not exist
#[derive(Debug, Args)]
pub(super) struct ConfigPathArgs {}

pub(super) fn run(_: &ConfigPathArgs, app: &App) -> anyhow::Result<ExitCode> {
    app.ui.data(&app.env.layout.config_file().display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
