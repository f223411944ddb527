use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::byte_size::HumanSize;
use containai_core::engine::{Engine as _, Snapshots as _};
use containai_core::lifecycle::Observed;
use containai_core::lifecycle::snapshot::{create, list_snapshots, plan_create};
use containai_core::naming::SnapshotName;

use crate::app::App;
use crate::commands::container_lookup::TargetArgs;
use crate::output;
use containai::context::Context;
use containai::snapshot::{prune_leftovers, remove_on_failure};
use containai::target;
use containai::{host_facts, volume_lock};

/// Keep the state of the workspace's container; the snapshot's name is printed
///
/// A running container is frozen while it is copied, so that all of it is of
/// one moment, and goes on as soon as that is done.
#[derive(Debug, Args)]
pub(super) struct SnapshotCreateArgs {
    /// The snapshot's name [default: the moment, as 20260131-235959]
    #[arg(value_name = "NAME")]
    new_name: Option<SnapshotName>,
    /// The workspace [default: the repository around the current directory]
    #[arg(short, long, value_name = "PATH")]
    workspace: Option<PathBuf>,
    /// The container's name
    #[arg(long, value_name = "NAME", conflicts_with = "workspace")]
    container: Option<String>,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: SnapshotCreateArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let wanted = TargetArgs::from_options(args.container, args.workspace);
    let container = wanted.find(&engine, &context).await?;
    let workspace = target::workspace_served(&container)?;
    let volume = engine.container_volumes(&container.id).await?.data;
    let _turns = match args.dry_run {
        true => Vec::new(),
        false => {
            volume_lock::lock_volume(&engine, &volume, &workspace, &app.env, &app.reporter).await?
        }
    };
    if !args.dry_run {
        prune_leftovers(&engine, &app.reporter).await?;
    }
    let containers = engine.containers().await?;
    let container = wanted.find_among(&containers, &context)?;
    let observed = Observed { containers, ..Observed::default() };
    let volumes = engine.container_volumes(&container.id).await?;
    let existing = list_snapshots(&engine).await?;
    let moment = (host_facts::new_random_id()?, host_facts::now());
    let plan = plan_create(&observed, &container, volumes, &existing, args.new_name, moment)?;
    if args.dry_run {
        app.ui.data(&output::snapshot::plan(&plan.steps()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let volumes = plan.snapshot.volumes();
    let snapshot =
        remove_on_failure(&engine, &volumes, &app.reporter, create(&engine, &plan, &app.reporter))
            .await?;
    let (name, size) = (&snapshot.name, HumanSize(snapshot.size));
    app.ui.say(&format!("made snapshot {name} of {}, with {size} of volumes", snapshot.container));
    app.ui.data(name.as_str())?;
    Ok(ExitCode::SUCCESS)
}
