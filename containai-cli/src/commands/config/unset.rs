use std::process::ExitCode;

use clap::Args;
use containai_core::config::Change;

use super::area::{AreaArgs, has_volume};
use crate::app::Global;
use crate::env::Env;
use crate::ui::Ui;
use crate::{records, user_config};

/// Take a setting back, for all workspaces or for one
///
/// It goes where `set` puts it. A key that no setting has is taken out too.
#[derive(Debug, Args)]
pub(super) struct UnsetArgs {
    /// The setting, such as agent.default
    key: String,
    #[command(flatten)]
    area: AreaArgs,
}

pub(super) async fn run(
    args: &UnsetArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let area = args.area.area(&args.key, global, env, ui).await?;
    let was_set = user_config::edit(&env.layout, ui, |file| {
        let change = Change::unset(&args.key, &area, file)?;
        Ok(change.apply(file)?)
    })
    .await?;
    let was_remembered = match has_volume(&args.key, &area) {
        Some(workspace) => records::forget_volume(&env.layout, ui, workspace).await?,
        None => false,
    };
    if !was_set && !was_remembered {
        ui.say(&format!("`{}` was not set there", args.key));
    }
    Ok(ExitCode::SUCCESS)
}
