use std::process::ExitCode;

use clap::Args;
use containai::gc::GarbageCollection;
use containai_core::exit;
use containai_core::lifecycle::gc::{GcPolicy, GcScope};
use containai_core::retention::RetentionAge;

use crate::app::App;

/// Remove unused containers
///
/// Running containers, containers labelled `containai.keep=true`, and containers
/// not created by ContainAI are never removed. The file system of a removed
/// container is lost; its named volumes are kept.
#[derive(Debug, Args)]
pub(crate) struct GcArgs {
    /// Minimum time since a container stopped or a volume was created, such as 7d
    /// or 24h
    #[arg(long, default_value_t, value_name = "AGE")]
    age: RetentionAge,
    /// Also remove images of ContainAI that no container uses
    #[arg(long)]
    images: bool,
    /// Also remove volumes of ContainAI that no container uses: settings,
    /// credentials, and the data of inner Docker
    #[arg(long)]
    volumes: bool,
    /// Print the unused objects without removing them
    #[arg(long, conflicts_with = "force")]
    dry_run: bool,
    /// Skip the confirmation
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(args: &GcArgs, app: &App) -> anyhow::Result<ExitCode> {
    let scope = |is_selected| if is_selected { GcScope::Unused } else { GcScope::Skip };
    let policy = GcPolicy::of_age(args.age)
        .with_images(scope(args.images))
        .with_volumes(scope(args.volumes));
    let context = app.context()?;
    let engine = context.engine()?;
    let gc = match args.dry_run {
        true => GarbageCollection::preview(&context, &engine, policy).await?,
        false => GarbageCollection::prepare(&context, &engine, policy).await?,
    };
    if args.dry_run && !gc.leftovers.is_empty() {
        app.ui.data(&gc.leftovers.join("\n"))?;
    }
    if gc.is_empty() {
        let age = args.age.as_duration();
        app.ui.say(&match age.is_zero() {
            true => "nothing is unused".to_owned(),
            false => format!("nothing has been unused for {}", args.age),
        });
        return Ok(ExitCode::SUCCESS);
    }
    let unused = gc.describe().join("\n");
    if args.dry_run {
        app.ui.data(&unused)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !args.force {
        app.ui.say(&unused);
        gc.confirm()?;
    }
    let report = gc.execute().await?;
    app.ui.data(&report.lines.join("\n"))?;
    Ok(ExitCode::from(if report.has_failures { exit::FAILED } else { exit::OK }))
}
