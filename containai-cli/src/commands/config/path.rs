use std::process::ExitCode;

use clap::Args;

use crate::env::Env;
use crate::ui::Ui;

/// Print where the user's file is, which need not exist
#[derive(Debug, Args)]
pub(super) struct PathArgs {}

pub(super) fn run(_: &PathArgs, env: &Env, ui: &Ui) -> anyhow::Result<ExitCode> {
    ui.data(&env.layout.config_file().display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
