use std::process::ExitCode;

use clap::Args;
use containai_core::config::Flags;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::workspace_sync::ThreeWayDiff;

use crate::app::App;
use containai::OperationError;
use containai::context::Context;
use containai::lock;
use containai::session::{SessionRequest, SetupConsent};
use containai::target;
use containai::workspace::WorkspaceRef;
use containai::workspace_copy::{self, BothSides, WorkspaceCopy};
use containai::worktree;

/// Bring what a container has changed back to the workspace
///
/// For a linked git worktree on this machine it is commits, branches and tags:
/// the container has a repository of its own, and what it commits comes to the
/// worktree's repository after each session, and now. On another machine it is
/// the copy of the workspace.
///
/// Files that changed there and not here are written or removed here. One that
/// changed on both sides is never overwritten without `--force`: nothing is
/// done then, and all of them are listed. Git's own directory stays: fetch
/// commits with `git fetch containai-NAME:workspace`.
#[derive(Debug, Args)]
pub(crate) struct SyncBackArgs {
    /// The container's name, or the workspace [default: the repository around the current directory]
    name: Option<String>,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Overwrite what changed on both sides with what is there
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(args: SyncBackArgs, app: &App) -> anyhow::Result<ExitCode> {
    let flags = Flags { docker_host: app.global.docker_host.clone(), ..Flags::default() };
    let context = Context::new(&app.env, &app.reporter, flags.clone(), None)?;
    let container = target::find_named(args.name.as_deref(), &context.engine()?, &context).await?;
    let workspace = target::workspace_served(&container)?;
    if context.client.is_none() && worktree::has_separate_repository(&container) {
        if args.dry_run || args.force {
            return Err(OperationError::usage("a linked worktree takes neither option").into());
        }
        app.ui.say(&worktree::fetch_now(&workspace, &app.env.layout, &app.reporter).await?);
        return Ok(ExitCode::SUCCESS);
    }
    let entrance = SessionRequest::new(
        &app.env,
        &app.reporter,
        flags,
        WorkspaceRef::Explicit(workspace.clone()),
        SetupConsent::Never,
    )?;
    let (reached, path) = entrance.connect_copy().await?;
    // Two at once would take each other's files for changes of this side.
    let lock = app.env.layout.workspace_lock(&workspace);
    let _turn = lock::acquire(&lock, &format!("`{workspace}`"), &app.reporter).await?;
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

/// Asks, or refuses, to overwrite what changed on both sides.
fn resolve_conflicts(sides: &mut BothSides, args: &SyncBackArgs, app: &App) -> anyhow::Result<()> {
    let found = &mut sides.diff;
    workspace_copy::report_paths(&app.reporter, "changed here and there:", &found.conflicts);
    let may_overwrite = args.force
        || app.ui.terminals().can_ask() && app.ui.confirm("Overwrite these with what is there?");
    if !may_overwrite {
        let count = found.conflicts.len();
        let message = format!("{count} files changed here and there; nothing was done");
        return Err(OperationError::with_code(exit::FAILED, message)
            .hint(Hint::run("cai sync-back --dry-run", "see everything"))
            .hint(Hint::run("cai sync-back --force", "take what is there"))
            .into());
    }
    let (take, remove) = std::mem::take(&mut found.conflicts)
        .into_iter()
        .partition::<Vec<_>, _>(|path| sides.remote.contains_key(path));
    found.to_update.extend(take);
    found.to_remove.extend(remove);
    Ok(())
}

fn print_changes(found: &ThreeWayDiff, app: &App) -> anyhow::Result<()> {
    let lists =
        [("write", &found.to_update), ("remove", &found.to_remove), ("conflict", &found.conflicts)];
    for (what, paths) in lists {
        for path in paths {
            app.ui.data(&format!("{what} {}", path.escape_debug()))?;
        }
    }
    if found.to_update.is_empty() && found.to_remove.is_empty() && found.conflicts.is_empty() {
        app.ui.say("nothing has changed there");
    }
    workspace_copy::report_paths(
        &app.reporter,
        "changed here only, and not brought there:",
        &found.changed_here,
    );
    Ok(())
}
