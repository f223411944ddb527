use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai::trust_review::{self, TrustReview};
use containai::workspace::{self, ProtectedPathUse, WorkspaceRef};
use containai::{OperationError, enclosing_workspace};

use super::approve::{self, Confirmation};
use super::list;
use crate::app::App;
use crate::env::Env;

/// Approve settings that a workspace's own files request
///
/// A repository may contain `.containai/config.toml`. Settings for the inside of
/// the container apply without approval. Settings that reach this machine (image,
/// volume, forwards, variables) apply only after you approve exactly that text,
/// and no longer apply after a change. The same holds for a `devcontainer.json`
/// that runs a command on this machine, or uses its variables or ports.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// Workspace path [default: the repository around the current directory]
    path: Option<PathBuf>,
    /// Print the files and whether they are approved
    #[arg(long, conflicts_with_all = ["list", "revoke", "yes"])]
    show: bool,
    /// List the workspaces with approved files
    #[arg(long, conflicts_with_all = ["path", "revoke", "yes"])]
    list: bool,
    /// Revoke the approval
    #[arg(long, conflicts_with = "yes")]
    revoke: bool,
    /// Approve without prompting
    #[arg(short, long)]
    yes: bool,
}

pub(crate) async fn run(args: &TrustArgs, app: &App) -> anyhow::Result<ExitCode> {
    if args.list {
        return list::run(app);
    }
    let given = args.workspace_ref(&app.env)?;
    let flags = app.global.flags();
    let workspace =
        enclosing_workspace::resolve_offline(&given, &flags, &app.env, &app.reporter, ".").await;
    if args.revoke {
        let what = match trust_review::revoke(&app.env.layout, &workspace)? {
            true => "is no longer approved",
            false => "had nothing approved",
        };
        app.ui.say(&format!("`{workspace}` {what}"));
        return Ok(ExitCode::SUCCESS);
    }
    let reviews = TrustReview::all(&workspace, &app.env, &app.reporter)?;
    if reviews.is_empty() {
        app.ui.say(&format!("`{workspace}` requests nothing that needs approval"));
    }
    if args.show {
        for review in reviews {
            app.ui.data(&review.text())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let confirmation = if args.yes { Confirmation::Given } else { Confirmation::Required };
    approve::run(&workspace, reviews, confirmation, app)
}

impl TrustArgs {
    fn workspace_ref(&self, env: &Env) -> Result<WorkspaceRef, OperationError> {
        match self.path.as_deref() {
            // The approval of a removed workspace can be revoked.
            Some(path) if self.revoke => {
                workspace::find_removed(path, env, ProtectedPathUse::Allow)
                    .map(WorkspaceRef::Explicit)
            }
            path => workspace::find_ref(path, env, ProtectedPathUse::Allow),
        }
    }
}
