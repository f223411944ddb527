use std::process::ExitCode;

use containai_core::naming::WorkspacePath;

use super::review::Review;
use crate::env::Env;
use crate::ui::Ui;

/// Prints what a workspace asks for and whether that is approved.
pub(super) fn run(workspace: &WorkspacePath, env: &Env, ui: &Ui) -> anyhow::Result<ExitCode> {
    let reviews = Review::all(workspace, env, ui)?;
    if reviews.is_empty() {
        ui.say(&format!("`{workspace}` asks for nothing"));
    }
    for review in reviews {
        ui.data(&review.text())?;
    }
    Ok(ExitCode::SUCCESS)
}
