use std::process::ExitCode;

use clap::{Args, Subcommand};
use containai::links;
use containai::report::escape_control;
use containai_core::exit;
use containai_ssh::transfer::LinkRepairMode;

use super::adopt;
use crate::app::App;
use crate::args::TargetArgs;

/// Manage the links from the container's home directory to its data volume
#[derive(Debug, Args)]
pub(crate) struct LinksArgs {
    #[command(subcommand)]
    verb: LinksVerb,
}

#[derive(Debug, Subcommand)]
enum LinksVerb {
    /// List missing and wrong links
    ///
    /// Exits with status 1 if there are any.
    Check(TargetArgs),
    /// Create missing links and correct wrong ones
    ///
    /// Reports a file or a filled directory in the place of a link and keeps it,
    /// unless its manifest allows the link to replace it.
    Fix(TargetArgs),
    Adopt(adopt::LinksAdoptArgs),
}

impl LinksArgs {
    /// Whether the command runs inside a container, without its host.
    pub(crate) fn is_for_container(&self) -> bool {
        matches!(self.verb, LinksVerb::Adopt(_))
    }
}

pub(crate) async fn run(args: LinksArgs, app: &App) -> anyhow::Result<ExitCode> {
    let (target, mode) = match args.verb {
        LinksVerb::Check(target) => (target, LinkRepairMode::Check),
        LinksVerb::Fix(target) => (target, LinkRepairMode::Repair),
        LinksVerb::Adopt(args) => return adopt::run(&args, app),
    };
    let (_, request) = target.existing_session(app).await?;
    let found = links::check(request, mode).await?;
    for link in &found {
        app.ui.data(&escape_control(&link.to_string()))?;
    }
    if found.iter().any(|it| it.state.is_blocked()) {
        app.ui.say("`cai exec -- cai links adopt` moves files in the way to the data volume");
    } else if found.iter().any(|it| !it.is_fixed) {
        app.ui.say("`cai links fix` repairs them");
    }
    let is_good = found.iter().all(|it| it.is_fixed);
    Ok(ExitCode::from(if is_good { exit::OK } else { exit::FAILED }))
}
