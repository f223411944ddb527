use std::process::ExitCode;

use clap::Args;
use containai::workspace_pull::{PullMode, Pulled, pull};
use containai_core::workspace_sync::ThreeWayDiff;

use crate::app::App;
use crate::args::TargetArgs;

/// Copy a container's changes back to the workspace
///
/// For a linked git worktree on this machine, the changes are commits, branches
/// and tags: the container has its own repository, and its commits are fetched
/// into the worktree's repository after each session and by this command.
///
/// For a workspace copy on a remote engine, files that changed only there are
/// written or removed here. If files changed on both sides, the command lists
/// them and asks before it overwrites them; without a terminal it changes
/// nothing. Git's own directory is not pulled: fetch commits with
/// `git fetch containai-NAME:workspace`.
#[derive(Debug, Args)]
pub(super) struct WorkspacePullArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Print the changes without making them
    #[arg(long)]
    dry_run: bool,
    /// Overwrite files that changed on both sides with the copy's version
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(args: WorkspacePullArgs, app: &App) -> anyhow::Result<ExitCode> {
    let (container, request) = args.target.existing_session(app).await?;
    let mode = match (args.dry_run, args.force) {
        (true, _) => PullMode::DryRun,
        (false, true) => PullMode::Overwrite,
        (false, false) => PullMode::Confirm,
    };
    match pull(&container, request, mode).await? {
        Pulled::Commits(summary) => {
            app.ui.say(&summary);
            Ok(ExitCode::SUCCESS)
        }
        Pulled::Files { diff, exit_code } => {
            print(&diff, app)?;
            Ok(ExitCode::from(exit_code))
        }
    }
}

fn print(diff: &ThreeWayDiff, app: &App) -> anyhow::Result<()> {
    let lists =
        [("write", &diff.to_update), ("remove", &diff.to_remove), ("conflict", &diff.conflicts)];
    for (what, paths) in lists {
        for path in paths {
            app.ui.data(&format!("{what} {}", path.escape_debug()))?;
        }
    }
    if lists.iter().all(|(_, paths)| paths.is_empty()) {
        app.ui.say("nothing has changed in the copy");
    }
    Ok(())
}
