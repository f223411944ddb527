use std::process::ExitCode;

use clap::Args;

use crate::app::App;
use crate::output::version::VersionOutput;

/// Print the version
#[derive(Debug, Args)]
pub(crate) struct VersionArgs {
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &VersionArgs, app: &App) -> anyhow::Result<ExitCode> {
    let version = VersionOutput::current();
    app.ui.data(&match args.json {
        true => serde_json::to_string_pretty(&version)?,
        false => version.to_string(),
    })?;
    Ok(ExitCode::SUCCESS)
}
