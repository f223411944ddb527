use std::process::ExitCode;

use crate::app::App;
use containai_core::naming::WorkspacePath;

use super::review::TrustReview;

/// Prints what a workspace asks for and whether that is approved.
pub(super) fn run(workspace: &WorkspacePath, app: &App) -> anyhow::Result<ExitCode> {
    let reviews = TrustReview::all(workspace, app)?;
    if reviews.is_empty() {
        app.ui.say(&format!("`{workspace}` asks for nothing"));
    }
    for review in reviews {
        app.ui.data(&review.text())?;
    }
    Ok(ExitCode::SUCCESS)
}
