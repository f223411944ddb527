use std::process::ExitCode;

use clap::Args;
use containai_core::lifecycle::snapshot::{find_snapshot, list_snapshots};
use containai_core::naming::SnapshotName;
use containai_docker::DockerEngine;

use super::super::confirm;
use crate::app::App;
use crate::output;
use containai::context::Context;
use containai::session::{SessionOptions, SessionRequest, SetupConsent};
use containai::snapshot::RestoreAction;
use containai::snapshot::prune_leftovers;
use containai::workspace::{ProtectedPathUse, WorkspaceRef};

/// Put the container of a snapshot back to it
///
/// What the container has now goes once all of the old is there: its file
/// system, its data volume and its inner Docker's store; what other containers
/// share stays. Name, port, workspace and limits remain. A container that ran
/// is started again; one that is gone is made anew.
#[derive(Debug, Args)]
pub(super) struct SnapshotRestoreArgs {
    /// The snapshot
    #[arg(value_name = "NAME")]
    snapshot: SnapshotName,
    /// Do not ask
    #[arg(long)]
    force: bool,
    /// Print what would be done, and do nothing
    #[arg(long, conflicts_with = "force")]
    dry_run: bool,
}

pub(super) async fn run(args: &SnapshotRestoreArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let all = list_snapshots(&context.engine()?).await?;
    let snapshot = find_snapshot(&all, &args.snapshot)?;
    let spot = WorkspaceRef::Explicit(snapshot.workspace.clone());
    let entrance = SessionRequest::new(
        &app.env,
        &app.reporter,
        app.global.flags(),
        spot,
        SetupConsent::Never,
    )?;
    let caution = if args.force { ProtectedPathUse::Allow } else { ProtectedPathUse::Refuse };
    let mut entrance = entrance
        .with_options(SessionOptions { protected_paths: caution, ..SessionOptions::default() });
    let survey = entrance.snapshot_view().await?;
    if args.dry_run {
        let plan = RestoreAction::plan(&survey, snapshot).await?;
        app.ui.data(&output::snapshot::plan(&plan.steps()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let turn = entrance.lock_workspace().await?;
    prune_leftovers(&survey.engine, &app.reporter).await?;
    entrance.finish_interrupted_restore(&survey).await?;
    let survey = entrance.snapshot_view().await?;
    let plan = RestoreAction::plan(&survey, snapshot).await?;
    if !args.force {
        confirm_restore(&survey.engine, &plan, app).await?;
    }
    let was_running = matches!(&plan, RestoreAction::InPlace(plan) if plan.ends_sessions());
    let container = plan.run(&entrance, &survey, &app.reporter).await?;
    drop(turn);
    app.ui.say(&format!("restored {} from snapshot {}", container.name, snapshot.name));
    if was_running {
        entrance.open_existing().await?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn confirm_restore(
    engine: &DockerEngine,
    plan: &RestoreAction,
    app: &App,
) -> anyhow::Result<()> {
    let RestoreAction::InPlace(plan) = plan else { return Ok(()) };
    let name = &plan.container.name;
    if plan.ends_sessions()
        && let Some(sessions) = engine.sessions(&plan.container.id).await
        && sessions.are_active()
    {
        app.ui.warn(&containai::session_guard::busy(name, sessions));
    }
    let described = output::snapshot::describe(&plan.snapshot);
    let question = format!("Put {name} back to snapshot {described}? What it has now goes.");
    Ok(confirm::require_confirmation(app, &question, "nothing was restored")?)
}
