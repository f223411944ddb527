use std::process::ExitCode;

use clap::Args;

use crate::app::App;
use crate::output::version::VersionOutput;

/// Tell the version
#[derive(Debug, Args)]
pub(crate) struct VersionArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &VersionArgs, app: &App) -> anyhow::Result<ExitCode> {
    let version = VersionOutput::current();
    match args.json {
        true => app.ui.data(&serde_json::to_string_pretty(&version)?)?,
        false => app.ui.data(&version.to_string())?,
    }
    Ok(ExitCode::SUCCESS)
}
