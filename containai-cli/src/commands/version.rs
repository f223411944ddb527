use std::process::ExitCode;

use clap::Args;

use crate::ui::Ui;
use crate::wire::version::Version;

/// Tell the version
#[derive(Debug, Args)]
pub(crate) struct VersionArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &VersionArgs, ui: &Ui) -> anyhow::Result<ExitCode> {
    let version = Version::current();
    match args.json {
        true => ui.data(&serde_json::to_string_pretty(&version)?)?,
        false => ui.data(&version.to_string())?,
    }
    Ok(ExitCode::SUCCESS)
}
