use clap::Args;

use crate::app::App;

/// Edit your configuration file with $VISUAL or $EDITOR
///
/// The editor gets a copy, which replaces the file once it is valid.
#[derive(Debug, Args)]
pub(super) struct ConfigEditArgs {}

pub(super) async fn run(_: &ConfigEditArgs, app: &App) -> anyhow::Result<()> {
    containai::config::edit(app.env.editor.clone(), &app.env, &app.reporter).await?;
    Ok(())
}
