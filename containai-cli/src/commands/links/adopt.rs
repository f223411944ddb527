use std::process::ExitCode;

use clap::Args;
use containai::OperationError;
use containai::links::{AdoptMode, adopt};
use containai::report::escape_control;
use containai_core::exit;
use containai_core::hint::Hint;

use crate::app::App;

/// Move files that replaced links to the data volume, and restore the links
///
/// Run inside a container; each start and stop of the container runs it with
/// `--keep-links`. Some programs replace a symbolic link with a regular file
/// when they save it, and the file would be lost with the container. If both
/// sides have a file, the newer one is used, and the other one is kept in
/// `/mnt/agent-data/.containai/replaced`.
#[derive(Debug, Args)]
pub(super) struct LinksAdoptArgs {
    /// Print the changes without making them
    #[arg(long)]
    dry_run: bool,
    /// Leave missing links, and links with another target, unchanged
    #[arg(long)]
    keep_links: bool,
}

pub(super) fn run(args: &LinksAdoptArgs, app: &App) -> anyhow::Result<ExitCode> {
    if !app.env.is_in_container {
        let hint = "on the host, `cai links fix` repairs links, and `cai import` copies files";
        let error = OperationError::usage("`cai links adopt` runs inside a container");
        return Err(error.hint(Hint::new(hint)).into());
    }
    let mode = match (args.dry_run, args.keep_links) {
        (true, _) => AdoptMode::DryRun,
        (false, true) => AdoptMode::Replaced,
        (false, false) => AdoptMode::All,
    };
    let adoption = adopt(&app.env.layout, mode, &app.reporter)?;
    for link in &adoption.links {
        app.ui.data(&escape_control(&link.to_string()))?;
    }
    Ok(ExitCode::from(if adoption.is_complete { exit::OK } else { exit::FAILED }))
}
