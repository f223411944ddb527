//! A volume gets back what was exported.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use containai_core::engine::Engine as _;
use containai_core::exit;
use containai_core::hint::Hint;

use super::command::ImportArgs;
use crate::app::App;
use crate::output;
use crate::output::restore::ExistingContent;
use containai::OperationError;
use containai::archive_file::Archive;
use containai::lock;
use containai::restore::{VolumeRestore, verify};
use containai::volume_target::VolumeTarget;

pub(super) async fn run(args: ImportArgs, archive: Archive, app: &App) -> anyhow::Result<ExitCode> {
    if args.selects_settings() {
        let message = "an export is restored whole: nothing can be chosen or left out";
        let hint = Hint::new("leave out what chooses, or export again with `--exclude`");
        return Err(OperationError::usage(message).hint(hint).into());
    }
    let cannot = format!("cannot restore `{}`", archive.path().display());
    let archive = Arc::new(archive);
    let (context, place) = VolumeTarget::find(
        &args.target.query(),
        app.global.docker_host.as_deref(),
        &app.env,
        &app.reporter,
    )
    .await?;
    let engine = context.engine()?;
    let before = match engine.has_volume(&place.volume).await? {
        true => ExistingContent::Yes,
        false => ExistingContent::No,
    };
    if args.dry_run {
        let found = verify(&archive, &app.reporter).await.context(cannot)?;
        app.ui.data(&output::restore::plan(&found, &place.volume, before))?;
        return Ok(ExitCode::SUCCESS);
    }
    let restoration = VolumeRestore { context: &context, engine: &engine, target: &place };
    let _import = lock::acquire(&app.env.layout.import_lock(), "an import", &app.reporter).await?;
    let of_workspace = app.env.layout.workspace_lock(&place.workspace);
    let _workspace =
        lock::acquire(&of_workspace, &format!("`{}`", place.workspace), &app.reporter).await?;
    place.finish_interrupted_restore(&engine).await?;
    restoration.require_stopped().await?;
    if before == ExistingContent::Yes && !args.force {
        confirm_replacement(&place, app)?;
    }
    let outcome = restoration.run(&archive).await;
    app.ui.finish_progress();
    if outcome.is_err() && before == ExistingContent::No {
        // What was made for nothing; where it cannot go it is empty.
        let _ = engine.remove_volume(place.volume.as_ref()).await;
    }
    let found = outcome.context(cannot)?;
    app.ui.say(&output::restore::done(&found, &place.volume));
    Ok(ExitCode::SUCCESS)
}

fn confirm_replacement(place: &VolumeTarget, app: &App) -> anyhow::Result<()> {
    let volume = &place.volume;
    if !app.ui.terminals().can_ask() {
        let message = format!("there is nobody to ask whether volume {volume} may be replaced");
        let hint = Hint::new("export it first with `cai export`, and insist with `--force`");
        return Err(OperationError::usage(message).hint(hint).into());
    }
    match app.ui.confirm(&format!("Replace all that is on volume {volume}?")) {
        true => Ok(()),
        false => Err(OperationError::with_code(exit::FAILED, "nothing was restored").into()),
    }
}
