use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::engine::Container;
use containai_core::lifecycle::snapshot::{find_snapshot, list_snapshots};
use containai_core::naming::{ContainerName, SnapshotName};

use crate::app::App;
use crate::output;
use containai::context::Context;
use containai::session::{SessionOptions, SessionRequest, SetupConsent};
use containai::snapshot::ForkWorkspace;
use containai::snapshot::prune_leftovers;
use containai::snapshot::{checkout, recreate};
use containai::workspace::{ProtectedPathUse, WorkspaceRef};

/// Start another container from a snapshot; its name is printed
///
/// It has a port, a host key, a machine id and volumes of its own, and works on
/// a new worktree of the repository, on a branch of its own from where the
/// repository is now. Nothing that it does reaches the first one, except
/// through what both share on purpose: the repository, and accounts elsewhere.
/// For the engine of another machine it is a clone in place of a worktree.
#[derive(Debug, Args)]
pub(super) struct SnapshotForkArgs {
    /// The snapshot
    #[arg(value_name = "NAME")]
    snapshot: SnapshotName,
    /// Where to make the worktree or clone, or a directory to work on as it is
    /// [default: beside the repository]
    path: Option<PathBuf>,
    /// The new container's name [default: of the repository and the branch]
    #[arg(long = "name", value_name = "NAME")]
    new_name: Option<ContainerName>,
    /// The new branch [default: fork/ and the snapshot's name]
    #[arg(short, long)]
    branch: Option<String>,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: SnapshotForkArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let all = list_snapshots(&context.engine()?).await?;
    let snapshot = find_snapshot(&all, &args.snapshot)?;
    let (path, branch) = (args.path.as_deref(), args.branch.as_deref());
    let ground = ForkWorkspace::choose(snapshot, path, branch, context.client.as_ref(), &app.env)?;
    let spot = WorkspaceRef::Explicit(ground.workspace.clone());
    let caution = ProtectedPathUse::Refuse;
    let choice = SessionOptions {
        name: args.new_name.clone(),
        protected_paths: caution,
        ..SessionOptions::default()
    };
    let entrance = SessionRequest::new(
        &app.env,
        &app.reporter,
        app.global.flags(),
        spot,
        SetupConsent::Never,
    )?;
    let mut entrance = entrance.with_options(choice);
    if args.dry_run {
        let survey = entrance.snapshot_view().await?;
        let plan = recreate::plan(survey, snapshot, &ground).await?.1;
        app.ui.data(&output::snapshot::fork_plan(&plan.steps(), ground.description()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let turn = entrance.lock_workspace().await?;
    let survey = entrance.snapshot_view().await?;
    prune_leftovers(&survey.engine, &app.reporter).await?;
    let begun = survey.observed.containers.iter().find(|it| it.serves(&ground.workspace));
    let is_begun = |it: &&Container| {
        it.labels.is_fork() && it.labels.snapshot().as_ref() == Some(&snapshot.id)
    };
    if begun.filter(is_begun).is_none() {
        // What cannot be made is found out before there is a worktree for it.
        recreate::plan(survey, snapshot, &ground).await?;
        ground.create(&snapshot.workspace)?;
        let survey = entrance.snapshot_view().await?;
        let (survey, plan) = recreate::plan(survey, snapshot, &ground).await?;
        recreate::run(&entrance, &survey, &plan, &app.reporter).await?;
    }
    drop(turn);
    let reached = entrance.open_existing().await?;
    if ground.branch.is_some() {
        checkout::checkout_files(&reached.container, reached.connection, &app.reporter).await?;
    }
    app.ui.say(&format!("{} works on {}", reached.container.name, ground.workspace));
    app.ui.data(&reached.container.name)?;
    Ok(ExitCode::SUCCESS)
}
