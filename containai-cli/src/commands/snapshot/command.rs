use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{create, fork, list, remove, restore};
use crate::app::App;

/// Keep the state of a container, and come back to it [default: list]
///
/// A snapshot is the container's file system, its data volume and the store of
/// its inner Docker, all as of one moment. The workspace is not part of it: git
/// keeps that. What runs is not part of it either: services and inner
/// containers come up again as after a power cut.
///
/// A snapshot holds the credentials that are on the data volume. It stays on the
/// engine, out of reach of everybody but who may use the engine, until `cai
/// snapshot remove`.
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

pub(crate) async fn run(args: SnapshotArgs, app: &App) -> anyhow::Result<ExitCode> {
    match args.verb.unwrap_or(SnapshotVerb::List(list::SnapshotListArgs::default())) {
        SnapshotVerb::Create(args) => create::run(args, app).await,
        SnapshotVerb::List(args) => list::run(&args, app).await,
        SnapshotVerb::Restore(args) => restore::run(&args, app).await,
        SnapshotVerb::Fork(args) => fork::run(args, app).await,
        SnapshotVerb::Remove(args) => remove::run(&args, app).await,
    }
}
