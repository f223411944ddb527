use std::process::ExitCode;

use clap::Args;
use containai_core::engine::{Container, Identity, Snapshots as _};
use containai_core::lifecycle::snapshot::{
    RestorePlan, RevivePlan, Snapshot, Task, named, plan_restore, plan_revive, restore, revive,
    snapshots,
};
use containai_core::naming::SnapshotName;
use containai_docker::DockerEngine;

use super::super::enter::{Consent, Entrance, Survey};
use super::consent;
use super::leftover::{mend, or_abandon};
use crate::app::Global;
use crate::context::Context;
use crate::env::Env;
use crate::ui::Ui;
use crate::workspace::Spot;
use crate::{host, wire};

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

/// What is to be done, as there is a container or none.
enum Plan {
    Restore(RestorePlan),
    Revive(RevivePlan),
}

pub(super) async fn run(
    args: &RestoreArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(env, ui, global)?;
    let all = snapshots(&context.engine()?).await?;
    let snapshot = named(&all, &args.snapshot)?;
    let spot = Spot::Named(snapshot.workspace.clone());
    let mut entrance = Entrance::new(env, ui, global.flags(), spot, Consent::Refused)?;
    let survey = entrance.survey().await?;
    if args.dry_run {
        let plan = plan(&survey, snapshot).await?;
        ui.data(&wire::snapshot::plan(&plan.tasks()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let turn = entrance.turn().await?;
    mend(&survey.engine, ui).await?;
    entrance.settle(&survey).await?;
    let survey = entrance.survey().await?;
    let plan = plan(&survey, snapshot).await?;
    if !args.force {
        ask(&survey.engine, &plan, ui).await?;
    }
    let was_running = matches!(&plan, Plan::Restore(plan) if plan.ends_work());
    let container = carry_out(&entrance, &survey, &plan, ui).await?;
    drop(turn);
    ui.say(&format!("restored {} from snapshot {}", container.name, snapshot.name));
    if was_running {
        entrance.enter_existing().await?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Plan {
    fn tasks(&self) -> Vec<Task> {
        match self {
            Self::Restore(plan) => plan.tasks(),
            Self::Revive(plan) => plan.tasks(),
        }
    }
}

async fn plan(survey: &Survey, snapshot: &Snapshot) -> anyhow::Result<Plan> {
    let Survey { engine, observed, wanted } = survey;
    let nonce = host::nonce()?;
    Ok(match observed.serving(&wanted.workspace).first() {
        Some(container) => {
            let has = engine.volumes_of(&container.id).await?;
            Plan::Restore(plan_restore(snapshot, container, &has, wanted, &nonce)?)
        }
        None => {
            let kept = Identity::Kept;
            Plan::Revive(plan_revive(snapshot, observed, wanted, kept, false, &nonce)?)
        }
    })
}

async fn ask(engine: &DockerEngine, plan: &Plan, ui: &Ui) -> anyhow::Result<()> {
    let Plan::Restore(plan) = plan else { return Ok(()) };
    let name = &plan.container.name;
    if plan.ends_work()
        && let Some(sessions) = engine.sessions(&plan.container.id).await
        && sessions.are_active()
    {
        ui.warn(&wire::stop::at_work(name, sessions));
    }
    let described = wire::snapshot::described(&plan.snapshot);
    let question = format!("Put {name} back to snapshot {described}? What it has now goes.");
    Ok(consent::require(ui, &question, "nothing was restored")?)
}

async fn carry_out(
    entrance: &Entrance<'_>,
    survey: &Survey,
    plan: &Plan,
    ui: &Ui,
) -> anyhow::Result<Container> {
    let Survey { engine, wanted, .. } = survey;
    let (remote, records) = (entrance.remote(), entrance.records());
    let volumes = match plan {
        Plan::Restore(plan) => &plan.volumes,
        Plan::Revive(plan) => &plan.volumes,
    };
    let work = async {
        match plan {
            Plan::Restore(plan) => restore(engine, remote, &records, wanted, plan, ui).await,
            Plan::Revive(plan) => revive(engine, remote, &records, wanted, plan, ui).await,
        }
    };
    or_abandon(engine, volumes, ui, work).await
}
