use std::process::ExitCode;

use clap::Args;
use containai_core::lifecycle::snapshot::{named, snapshots};
use containai_core::naming::SnapshotName;
use containai_docker::DockerEngine;

use super::super::consent;
use crate::app::App;
use crate::wire;
use containai::context::Context;
use containai::enter::{Choice, Consent, Entrance};
use containai::snapshot::Restoring;
use containai::snapshot::mend;
use containai::workspace::{Caution, Spot};

/// Put the container of a snapshot back to it
///
/// What the container has now goes once all of the old is there: its file
/// system, its data volume and its inner Docker's store; what other containers
/// share stays. Name, port, workspace and limits remain. A container that ran
/// is started again; one that is gone is made anew.
#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
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

pub(super) async fn run(args: &RestoreArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let all = snapshots(&context.engine()?).await?;
    let snapshot = named(&all, &args.snapshot)?;
    let spot = Spot::Named(snapshot.workspace.clone());
    let entrance =
        Entrance::new(&app.env, &app.reporter, app.global.flags(), spot, Consent::Refused)?;
    let caution = if args.force { Caution::Forced } else { Caution::Careful };
    let mut entrance = entrance.choosing(Choice { caution, ..Choice::default() });
    let survey = entrance.survey().await?;
    if args.dry_run {
        let plan = Restoring::plan(&survey, snapshot).await?;
        app.ui.data(&wire::snapshot::plan(&plan.tasks()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let turn = entrance.turn().await?;
    mend(&survey.engine, &app.reporter).await?;
    entrance.settle(&survey).await?;
    let survey = entrance.survey().await?;
    let plan = Restoring::plan(&survey, snapshot).await?;
    if !args.force {
        ask(&survey.engine, &plan, app).await?;
    }
    let was_running = matches!(&plan, Restoring::Back(plan) if plan.ends_work());
    let container = plan.carry_out(&entrance, &survey, &app.reporter).await?;
    drop(turn);
    app.ui.say(&format!("restored {} from snapshot {}", container.name, snapshot.name));
    if was_running {
        entrance.enter_existing().await?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn ask(engine: &DockerEngine, plan: &Restoring, app: &App) -> anyhow::Result<()> {
    let Restoring::Back(plan) = plan else { return Ok(()) };
    let name = &plan.container.name;
    if plan.ends_work()
        && let Some(sessions) = engine.sessions(&plan.container.id).await
        && sessions.are_active()
    {
        app.ui.warn(&containai::at_work::busy(name, sessions));
    }
    let described = wire::snapshot::described(&plan.snapshot);
    let question = format!("Put {name} back to snapshot {described}? What it has now goes.");
    Ok(consent::require(app, &question, "nothing was restored")?)
}
