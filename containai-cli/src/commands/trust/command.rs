use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{approve, list, show};
use crate::app::App;
use crate::env::Env;
use containai::OperationError;
use containai::enclosing_workspace;
use containai::trust::StoredApproval;
use containai::workspace::{self, ProtectedPathUse, WorkspaceRef};

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
    let spot = args.workspace_ref(&app.env)?;
    let workspace = enclosing_workspace::resolve_offline(
        &spot,
        &app.global.flags(),
        &app.env,
        &app.reporter,
        ".",
    )
    .await;
    if args.revoke {
        let own = StoredApproval::revoke(&app.env.layout.trust_file(&workspace))?;
        let had =
            StoredApproval::revoke(&app.env.layout.devcontainer_trust_file(&workspace))? || own;
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
    fn workspace_ref(&self, env: &Env) -> Result<WorkspaceRef, OperationError> {
        match self.path.as_deref() {
            // What is gone from the disk can be revoked too.
            Some(path) if self.revoke => {
                workspace::find_removed(path, env, ProtectedPathUse::Allow)
                    .map(WorkspaceRef::Explicit)
            }
            path => workspace::find_ref(path, env, ProtectedPathUse::Allow),
        }
    }
}
