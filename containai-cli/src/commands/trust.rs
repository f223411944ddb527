use std::path::PathBuf;

use clap::Args;
use containai::trust::StoredApproval;
use containai::trust_review::{self, TrustReview};
use containai_core::config::{DevcontainerChoice, escape_control};

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
    /// Workspace path or container name [default: the repository around the current directory]
    #[arg(value_name = "TARGET")]
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

pub(crate) async fn run(args: &TrustArgs, app: &App) -> anyhow::Result<()> {
    if args.list {
        for approval in StoredApproval::list(&app.env.layout)? {
            let workspace = escape_control(&approval.workspace);
            app.ui.data(&format!("{}  {workspace}", approval.hash()))?;
        }
        return Ok(());
    }
    let (word, flags) = (args.path.as_deref(), app.global.flags());
    let (env, reporter) = (&app.env, &app.reporter);
    if args.revoke {
        let workspace = trust_review::workspace_to_revoke(word, &flags, env, reporter).await?;
        let what = match trust_review::revoke(&app.env.layout, &workspace)? {
            true => "is no longer approved",
            false => "had nothing approved",
        };
        app.ui.say(&format!("`{workspace}` {what}"));
        return Ok(());
    }
    let workspace = trust_review::workspace_to_review(word, &flags, env, reporter).await?;
    let choice = args.devcontainer.as_ref();
    let reviews = TrustReview::all(&workspace, env, reporter, choice).await?;
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
            review.confirm(reporter, |text| app.ui.data(text))?;
        }
        review.approve(&workspace)?;
        app.ui.say(&format!("approved `{path}`"));
    }
    Ok(())
}
