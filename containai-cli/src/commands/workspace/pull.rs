use std::process::ExitCode;

use clap::Args;
use containai::workspace_copy::{BothSides, WorkspaceCopy, print_paths};
use containai::{OperationError, lock, target, worktree};
use containai_core::exit;
use containai_core::hint::Hint;
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
/// them and changes nothing, unless you pass `--force`. Git's own directory is
/// not pulled: fetch commits with `git fetch containai-NAME:workspace`.
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
    let workspace = target::workspace_served(&container)?;
    if !request.is_on_remote_engine() && worktree::has_separate_repository(&container) {
        if args.dry_run || args.force {
            let message = "a linked worktree supports neither `--dry-run` nor `--force`";
            return Err(OperationError::usage(message).into());
        }
        app.ui.say(&worktree::fetch_now(&workspace, &app.env.layout, &app.reporter).await?);
        return Ok(ExitCode::SUCCESS);
    }
    let (reached, path) = request.connect_copy().await?;
    // A second pull would take the files that this one writes for local changes.
    let lock = app.env.layout.workspace_lock(&workspace);
    let _lock = lock::acquire(&lock, &format!("`{workspace}`"), &app.reporter).await?;
    let mut copy = WorkspaceCopy::open(&reached.connection, &workspace, path)?;
    app.ui.start_progress("comparing both sides");
    let mut sides = copy.compare().await?;
    app.ui.finish_progress();
    if !sides.diff.conflicts.is_empty() && !args.dry_run {
        resolve_conflicts(&mut sides, &args, app)?;
    }
    print_changes(&sides.diff, app)?;
    let code = match args.dry_run {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(copy.pull(&sides, &app.reporter).await?),
    };
    reached.connection.close().await;
    Ok(code)
}

/// Overwrites files that changed on both sides if the user agrees.
fn resolve_conflicts(
    sides: &mut BothSides,
    args: &WorkspacePullArgs,
    app: &App,
) -> anyhow::Result<()> {
    let conflicts = &sides.diff.conflicts;
    print_paths(&app.reporter, "changed on both sides:", conflicts);
    let question = "Overwrite these files with the copy's version?";
    if !args.force && !app.ui.confirm(question) {
        let message =
            format!("{} files changed on both sides; nothing was pulled", conflicts.len());
        return Err(OperationError::with_code(exit::FAILED, message)
            .hint(Hint::run("cai workspace pull --dry-run", "list all changes"))
            .hint(Hint::run("cai workspace pull --force", "overwrite these files"))
            .into());
    }
    sides.overwrite_conflicts();
    Ok(())
}

fn print_changes(diff: &ThreeWayDiff, app: &App) -> anyhow::Result<()> {
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
    print_paths(&app.reporter, "changed only here, and not copied there:", &diff.changed_here);
    Ok(())
}
