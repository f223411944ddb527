//! A volume gets back what was exported.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use containai_core::engine::Engine as _;
use containai_core::exit;
use containai_core::hint::Hint;

use super::command::ImportArgs;
use crate::app::Global;
use crate::archive_file::Archive;
use crate::env::Env;
use crate::error::CliError;
use crate::place::Place;
use crate::restoration::{Restoration, verified};
use crate::ui::Ui;
use crate::wire::restore::Before;
use crate::{lock, wire};

pub(super) async fn run(
    args: ImportArgs,
    archive: Archive,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    if args.chooses() {
        let message = "an export is restored whole: nothing can be chosen or left out";
        let hint = Hint::new("leave out what chooses, or export again with `--exclude`");
        return Err(CliError::usage(message).hint(hint).into());
    }
    let cannot = format!("cannot restore `{}`", archive.path().display());
    let archive = Arc::new(archive);
    let (context, place) = Place::find(&args.place, global, env, ui).await?;
    let engine = context.engine()?;
    let before = match engine.has_volume(&place.volume).await? {
        true => Before::Something,
        false => Before::Nothing,
    };
    if args.dry_run {
        let found = verified(&archive, ui).await.context(cannot)?;
        ui.data(&wire::restore::plan(&found, &place.volume, before))?;
        return Ok(ExitCode::SUCCESS);
    }
    let restoration = Restoration { context: &context, engine: &engine, place: &place };
    let _import = lock::hold(&env.layout.import_lock(), "an import", ui).await?;
    let of_workspace = env.layout.workspace_lock(&place.workspace);
    let _workspace = lock::hold(&of_workspace, &format!("`{}`", place.workspace), ui).await?;
    place.mend(&engine).await?;
    restoration.require_rest().await?;
    if before == Before::Something && !args.force {
        require_consent(&place, ui)?;
    }
    let outcome = restoration.replace(&archive).await;
    ui.finish_work();
    if outcome.is_err() && before == Before::Nothing {
        // What was made for nothing; where it cannot go it is empty.
        let _ = engine.remove_volume(place.volume.as_ref()).await;
    }
    let found = outcome.context(cannot)?;
    ui.say(&wire::restore::done(&found, &place.volume));
    Ok(ExitCode::SUCCESS)
}

fn require_consent(place: &Place, ui: &Ui) -> anyhow::Result<()> {
    let volume = &place.volume;
    if !ui.terminals().can_ask() {
        let message = format!("there is nobody to ask whether volume {volume} may be replaced");
        let hint = Hint::new("export it first with `cai export`, and insist with `--force`");
        return Err(CliError::usage(message).hint(hint).into());
    }
    match ui.ask(&format!("Replace all that is on volume {volume}?")) {
        true => Ok(()),
        false => Err(CliError::with_code(exit::FAILED, "nothing was restored").into()),
    }
}
