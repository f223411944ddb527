use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai::stop::{StopRequest, StopSelection, VolumeRemoval};
use containai_core::engine::Engine as _;
use containai_core::exit;
use containai_core::lifecycle::StopMode;

use crate::app::App;
use crate::args::TargetArgs;

/// Stop the workspace's container
///
/// systemd in the container shuts down in order. The container's file system,
/// volumes and name are kept; the next `cai run` starts it again. Prompts for
/// confirmation if there are active sessions or volumes to remove, and fails
/// without a terminal then.
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Stop all containers that this machine has on the engine
    #[arg(long, conflicts_with_all = ["target", "workspace", "container"])]
    all: bool,
    /// Remove the container after the stop; its named volumes are kept
    #[arg(long)]
    remove: bool,
    /// Remove its volumes as well, unless another container uses them: settings,
    /// credentials, conversations, and the data of the inner Docker
    #[arg(long, requires = "remove")]
    volumes: bool,
    /// Export the data volume after the stop and before the removal [default file:
    /// a new one in ~/.local/share/containai/exports]
    #[arg(long, value_name = "FILE|DIR", num_args = 0..=1, require_equals = true, conflicts_with = "all")]
    export: Option<Option<PathBuf>>,
    /// Skip confirmations
    #[arg(long)]
    force: bool,
    /// Print the steps without executing them
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(args: &StopArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = app.context()?;
    let engine = context.engine()?;
    let containers = engine.containers().await?;
    let request = StopRequest {
        context: &context,
        engine: &engine,
        selection: match args.all {
            true => StopSelection::All,
            false => StopSelection::Container(args.target.find_among(&containers, &context)?.id),
        },
        mode: if args.remove { StopMode::Remove } else { StopMode::Stop },
        volumes: if args.volumes { VolumeRemoval::Remove } else { VolumeRemoval::Keep },
        export: args.export.as_ref().map(Option::as_deref),
    };
    if args.dry_run {
        let steps = request.preview(containers).await?.steps();
        let nothing = "nothing to do".to_owned();
        app.ui.data(&if steps.is_empty() { nothing } else { steps.join("\n") })?;
        return Ok(ExitCode::SUCCESS);
    }
    let stop = request.prepare(containers).await?;
    if !args.force && !stop.confirm().await? {
        app.ui.say("nothing was stopped");
        return Ok(ExitCode::from(exit::FAILED));
    }
    stop.execute().await?;
    Ok(ExitCode::SUCCESS)
}
