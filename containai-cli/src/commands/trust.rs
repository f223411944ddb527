use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai::trust::StoredApproval;
use containai::trust_review::{self, TrustReview};
use containai::workspace::{ProtectedPathUse, WorkspaceRef, find_ref, find_removed};
use containai::{OperationError, enclosing_workspace};
use containai_core::config::{DevcontainerChoice, escape_control};
use containai_core::exit;
use containai_core::hint::Hint;

use crate::app::App;

/// Approve settings that a workspace's own files request
///
/// A repository may contain `.containai/config.toml`. Settings for the inside of
/// the container apply without approval. Settings that reach this machine (image,
/// volume, forwards, variables) apply only after you approve exactly that text,
/// and no longer apply after a change. The same holds for a `devcontainer.json`
/// that runs a command on this machine, uses its variables or ports, or installs
/// features from a registry: approved are their digests.
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
    /// The `devcontainer.json` to review [default: the configured one, else all of the workspace]
    #[arg(long, value_name = "PATH", conflicts_with_all = ["list", "revoke"])]
    devcontainer: Option<DevcontainerChoice>,
    /// Approve without prompting
    #[arg(short, long)]
    yes: bool,
}

pub(crate) async fn run(args: &TrustArgs, app: &App) -> anyhow::Result<ExitCode> {
    if args.list {
        for approval in StoredApproval::list(&app.env.layout)? {
            let workspace = escape_control(&approval.workspace);
            app.ui.data(&format!("{}  {workspace}", approval.hash()))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let given = match args.path.as_deref() {
        // The approval of a removed workspace can be revoked.
        Some(path) if args.revoke => {
            WorkspaceRef::Explicit(find_removed(path, &app.env, ProtectedPathUse::Allow)?)
        }
        path => find_ref(path, &app.env, ProtectedPathUse::Allow)?,
    };
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
    let choice = args.devcontainer.as_ref();
    let reviews = TrustReview::all(&workspace, &app.env, &app.reporter, choice).await?;
    if reviews.is_empty() {
        app.ui.say(&format!("`{workspace}` requests nothing that needs approval"));
    }
    for review in reviews {
        if args.show {
            app.ui.data(&review.text())?;
            continue;
        }
        let path = review.path().display().to_string();
        if review.is_approved() {
            app.ui.say(&format!("`{path}` is already approved"));
            continue;
        }
        review.check()?;
        if !args.yes {
            confirm(&review.text(), app)?;
        }
        review.approve(&workspace)?;
        app.ui.say(&format!("approved `{path}`"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the text and asks for approval.
fn confirm(text: &str, app: &App) -> anyhow::Result<()> {
    if !app.ui.terminals().can_ask() {
        let message = "approval required but stdin is not a terminal";
        return Err(OperationError::usage(message)
            .hint(Hint::run("cai trust --show", "read the file"))
            .hint(Hint::run("cai trust --yes", "approve it"))
            .into());
    }
    app.ui.data(text)?;
    match app.ui.confirm("Approve this?") {
        true => Ok(()),
        false => Err(OperationError::with_code(exit::FAILED, "nothing was approved").into()),
    }
}
