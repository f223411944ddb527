use clap::{Args, Subcommand};

use super::{create, fork, list, remove, restore};
use crate::app::App;

/// Save and restore the state of a container [default: list]
///
/// A snapshot contains the container's file system, its data volume, and the
/// data of its inner Docker, all of the same point in time. It does not contain:
///
/// - the workspace, which is versioned by git
///
/// - running processes: services and inner containers start as after a power
///   failure
///
/// A snapshot contains the credentials on the data volume. It is stored on the
/// engine until `cai snapshot remove`; every user of the engine can read it.
#[derive(Debug, Args)]
pub(crate) struct SnapshotArgs {
    #[command(subcommand)]
    verb: Option<SnapshotVerb>,
}

#[derive(Debug, Subcommand)]
enum SnapshotVerb {
    Create(create::SnapshotCreateArgs),
    #[command(visible_alias = "ls")]
    List(list::SnapshotListArgs),
    Restore(restore::SnapshotRestoreArgs),
    Fork(fork::SnapshotForkArgs),
    #[command(visible_alias = "rm")]
    Remove(remove::SnapshotRemoveArgs),
}

pub(crate) async fn run(args: SnapshotArgs, app: &App) -> anyhow::Result<()> {
    match args.verb.unwrap_or(SnapshotVerb::List(list::SnapshotListArgs::default())) {
        SnapshotVerb::Create(args) => create::run(args, app).await,
        SnapshotVerb::List(args) => list::run(&args, app).await,
        SnapshotVerb::Restore(args) => restore::run(&args, app).await,
        SnapshotVerb::Fork(args) => fork::run(args, app).await,
        SnapshotVerb::Remove(args) => remove::run(&args, app).await,
    }
}
