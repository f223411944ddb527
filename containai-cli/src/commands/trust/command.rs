use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{approve, list, show};
use crate::app::App;
use crate::env::Env;
use containai::OperationError;
use containai::surroundings;
use containai::trust::Approval;
use containai::workspace::{self, Caution, Spot};

/// Approve what a workspace's own files ask for
///
/// A repository may carry `.containai/config.toml`. What it says about the
/// container's inside is followed; what reaches this machine (image, volume,
/// forwards, variables) counts only once you have approved that very text, and
/// not after a change. So does what a `devcontainer.json` says that reaches it: a
/// command on it, its variables, ports.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// The workspace [default: the repository around the current directory]
    path: Option<PathBuf>,
    /// Show what is approved and what is not, and ask nothing
    #[arg(long, conflicts_with_all = ["list", "revoke", "yes"])]
    show: bool,
    /// List the workspaces with something approved
    #[arg(long, conflicts_with_all = ["path", "revoke", "yes"])]
    list: bool,
    /// Take the approval back
    #[arg(long, conflicts_with = "yes")]
    revoke: bool,
    /// Approve without a question
    #[arg(short, long)]
    yes: bool,
}

pub(crate) async fn run(args: &TrustArgs, app: &App) -> anyhow::Result<ExitCode> {
    if args.list {
        return list::run(app);
    }
    let spot = args.spot(&app.env)?;
    let workspace =
        surroundings::meant_anyway(&spot, &app.global.flags(), &app.env, &app.reporter, ".").await;
    if args.revoke {
        let own = Approval::revoke(&app.env.layout.trust_file(&workspace))?;
        let had = Approval::revoke(&app.env.layout.devcontainer_trust_file(&workspace))? || own;
        let what = if had { "is approved no more" } else { "had nothing approved" };
        app.ui.say(&format!("`{workspace}` {what}"));
        return Ok(ExitCode::SUCCESS);
    }
    match args.show {
        true => show::run(&workspace, app),
        false => approve::run(&workspace, args.yes.into(), app),
    }
}

impl TrustArgs {
    fn spot(&self, env: &Env) -> Result<Spot, OperationError> {
        match self.path.as_deref() {
            // What is gone from the disk can be revoked too.
            Some(path) if self.revoke => {
                workspace::find_gone(path, env, Caution::Forced).map(Spot::Named)
            }
            path => workspace::spot(path, env, Caution::Forced),
        }
    }
}
