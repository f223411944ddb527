//! A volume gets back what was exported.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use containai_core::engine::Engine as _;
use containai_core::exit;
use containai_core::hint::Hint;

use super::command::ImportArgs;
use crate::app::App;
use crate::wire;
use crate::wire::restore::Before;
use containai::OperationError;
use containai::archive_file::Archive;
use containai::lock;
use containai::place::Place;
use containai::restoration::{Restoration, verified};

pub(super) async fn run(args: ImportArgs, archive: Archive, app: &App) -> anyhow::Result<ExitCode> {
    if args.chooses() {
        let message = "an export is restored whole: nothing can be chosen or left out";
        let hint = Hint::new("leave out what chooses, or export again with `--exclude`");
        return Err(OperationError::usage(message).hint(hint).into());
    }
    let cannot = format!("cannot restore `{}`", archive.path().display());
    let archive = Arc::new(archive);
    let (context, place) = Place::find(
        &args.place.query(),
        app.global.docker_host.as_deref(),
        &app.env,
        &app.reporter,
    )
    .await?;
    let engine = context.engine()?;
    let before = match engine.has_volume(&place.volume).await? {
        true => Before::Something,
        false => Before::Nothing,
    };
    if args.dry_run {
        let found = verified(&archive, &app.reporter).await.context(cannot)?;
        app.ui.data(&wire::restore::plan(&found, &place.volume, before))?;
        return Ok(ExitCode::SUCCESS);
    }
    let restoration = Restoration { context: &context, engine: &engine, place: &place };
    let _import = lock::hold(&app.env.layout.import_lock(), "an import", &app.reporter).await?;
    let of_workspace = app.env.layout.workspace_lock(&place.workspace);
    let _workspace =
        lock::hold(&of_workspace, &format!("`{}`", place.workspace), &app.reporter).await?;
    place.mend(&engine).await?;
    restoration.require_rest().await?;
    if before == Before::Something && !args.force {
        require_consent(&place, app)?;
    }
    let outcome = restoration.replace(&archive).await;
    app.ui.finish_work();
    if outcome.is_err() && before == Before::Nothing {
        // What was made for nothing; where it cannot go it is empty.
        let _ = engine.remove_volume(place.volume.as_ref()).await;
    }
    let found = outcome.context(cannot)?;
    app.ui.say(&wire::restore::done(&found, &place.volume));
    Ok(ExitCode::SUCCESS)
}

fn require_consent(place: &Place, app: &App) -> anyhow::Result<()> {
    let volume = &place.volume;
    if !app.ui.terminals().can_ask() {
        let message = format!("there is nobody to ask whether volume {volume} may be replaced");
        let hint = Hint::new("export it first with `cai export`, and insist with `--force`");
        return Err(OperationError::usage(message).hint(hint).into());
    }
    match app.ui.ask(&format!("Replace all that is on volume {volume}?")) {
        true => Ok(()),
        false => Err(OperationError::with_code(exit::FAILED, "nothing was restored").into()),
    }
}
