use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::engine::Engine as _;

use super::encryption_args::EncryptionArgs;
use crate::app::App;
use crate::commands::place_args::PlaceArgs;
use containai::export::VolumeExport;
use containai::export::{DestinationChooser, EncryptionUse, workspaces};
use containai::host_facts;
use containai::volume_target::VolumeTarget;

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
    target: PlaceArgs,
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
    encryption: EncryptionArgs,
}

pub(crate) async fn run(args: ExportArgs, app: &App) -> anyhow::Result<ExitCode> {
    let (context, place) = VolumeTarget::find(
        &args.target.query(),
        app.global.docker_host.as_deref(),
        &app.env,
        &app.reporter,
    )
    .await?;
    let engine = context.engine()?;
    let seal = args.encryption.read_encryption(app)?;
    let sealing = if seal.is_none() { EncryptionUse::Plain } else { EncryptionUse::Encrypted };
    let now = host_facts::now();
    let chooser = DestinationChooser {
        directory: &app.env.directory,
        default: app.env.layout.export_dir(),
        workspaces: workspaces(&engine.containers().await?, Some(&place.workspace)),
        encryption: sealing,
        now,
    };
    let to = chooser.choose(args.output.as_deref(), &place.workspace)?;
    let configured = context.config.export_excludes.value.iter();
    let left_out = match args.no_excludes {
        true => Vec::new(),
        false => args.exclude.iter().chain(configured).cloned().collect(),
    };
    let export =
        VolumeExport { context: &context, engine: &engine, excludes: left_out, encryption: seal };
    export.run(&place, &to).await?;
    app.ui.data(&to.file.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
