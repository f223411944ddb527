use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::engine::Engine as _;

use super::seal_args::SealArgs;
use crate::app::App;
use crate::commands::place_args::PlaceArgs;
use containai::export::Export;
use containai::export::{Chooser, Sealing, workspaces};
use containai::host;
use containai::place::Place;

/// Write all of the workspace's data volume to one file
///
/// The archive holds settings, sign-ins and history of the agents; only its
/// owner may read it, and a workspace is no place for it. An encrypted one ends
/// in `.age`. `cai import --from FILE` restores it. Its name is printed.
///
/// A running container is frozen while its volume is read, so that what is
/// written belongs together; it goes on as soon as that is done.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The file, ending in `.tgz` or `.tar.zst`, or a directory to make one in
    /// [default: a new file in ~/.local/share/containai/exports]
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,
    /// Leave this out: a path on the volume, or a pattern for names
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Leave out nothing, whatever `export.excludes` says
    #[arg(long, conflicts_with = "exclude")]
    no_excludes: bool,
    #[command(flatten)]
    seal: SealArgs,
}

pub(crate) async fn run(args: ExportArgs, app: &App) -> anyhow::Result<ExitCode> {
    let (context, place) = Place::find(
        &args.place.query(),
        app.global.docker_host.as_deref(),
        &app.env,
        &app.reporter,
    )
    .await?;
    let engine = context.engine()?;
    let seal = args.seal.seal(app)?;
    let sealing = if seal.is_open() { Sealing::Open } else { Sealing::Sealed };
    let now = host::now();
    let chooser = Chooser {
        directory: &app.env.directory,
        default: app.env.layout.export_dir(),
        workspaces: workspaces(&engine.containers().await?, Some(&place.workspace)),
        sealing,
        now,
    };
    let to = chooser.choose(args.output.as_deref(), &place.workspace)?;
    let configured = context.config.export_excludes.value.iter();
    let left_out = match args.no_excludes {
        true => Vec::new(),
        false => args.exclude.iter().chain(configured).cloned().collect(),
    };
    let export = Export { context: &context, engine: &engine, left_out, seal };
    export.run(&place, &to).await?;
    app.ui.data(&to.file.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
