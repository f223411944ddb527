use clap::Args;

use crate::app::App;
use crate::output::format::{OutputFormat, print_object};
use crate::output::version::VersionOutput;

/// Print the version
#[derive(Debug, Args)]
pub(crate) struct VersionArgs {
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &VersionArgs, app: &App) -> anyhow::Result<()> {
    let (version, format) = (VersionOutput::current(), OutputFormat::new(args.json));
    print_object(&app.ui, format, &version, ToString::to_string)
}
