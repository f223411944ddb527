use std::process::ExitCode;

use crate::app::App;
use containai_core::config::visible;

use containai::trust::Approval;

/// Prints the workspaces with something approved, with its hash in front.
pub(super) fn run(app: &App) -> anyhow::Result<ExitCode> {
    for approval in Approval::all(&app.env.layout)? {
        app.ui.data(&format!("{}  {}", approval.hash(), visible(&approval.workspace)))?;
    }
    Ok(ExitCode::SUCCESS)
}
