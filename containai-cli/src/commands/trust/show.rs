use std::process::ExitCode;

use containai_core::naming::WorkspacePath;

use super::review::Review;
use crate::env::Env;
use crate::ui::Ui;

/// Prints what a workspace asks for and whether that is approved.
pub(super) fn run(workspace: &WorkspacePath, env: &Env, ui: &Ui) -> anyhow::Result<ExitCode> {
    match Review::of(workspace, env)? {
        Some(review) => ui.data(&review.text(workspace)?)?,
        None => ui.say(&format!("`{workspace}` asks for nothing")),
    }
    Ok(ExitCode::SUCCESS)
}
