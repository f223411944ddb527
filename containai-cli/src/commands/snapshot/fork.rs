use std::path::PathBuf;

use clap::Args;
use containai::snapshot::{self, ForkOptions, ForkRequest};
use containai_core::naming::{ContainerName, SnapshotName};

use crate::app::App;
use crate::output::steps;

/// Start another container from a snapshot and print its name
///
/// The container has its own port, host key, machine id and volumes. It works on
/// a new worktree of the repository, on a new branch that starts at the
/// repository's current commit; on a remote engine, on a clone instead. The
/// containers share only the repository and accounts outside.
#[derive(Debug, Args)]
pub(super) struct SnapshotForkArgs {
    /// Name of the snapshot
    #[arg(value_name = "NAME")]
    snapshot: SnapshotName,
    /// Path of the worktree or clone, or an existing directory to use
    /// unchanged [default: beside the repository]
    path: Option<PathBuf>,
    /// Name of the new container [default: from the repository and the branch]
    #[arg(long = "name", value_name = "NAME")]
    new_name: Option<ContainerName>,
    /// New branch [default: fork/ and the snapshot's name]
    #[arg(short, long)]
    branch: Option<String>,
    /// Print the steps without executing them
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: SnapshotForkArgs, app: &App) -> anyhow::Result<()> {
    let context = app.context()?;
    let snapshot = snapshot::find(&context.engine()?, &args.snapshot).await?;
    let (path, branch) = (args.path.as_deref(), args.branch.as_deref());
    let options = ForkOptions { path, branch, name: args.new_name };
    let request = ForkRequest::new(&context, &snapshot, options, app.global.flags())?;
    match args.dry_run {
        true => app.ui.data(&steps::numbered(&request.preview().await?))?,
        false => app.ui.data(&request.run().await?.name)?,
    }
    Ok(())
}
