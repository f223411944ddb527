use std::process::ExitCode;

use crate::app::App;
use containai_core::config::escape_control;

use containai::trust::StoredApproval;

/// Prints the workspaces with something approved, with its hash in front.
pub(super) fn run(app: &App) -> anyhow::Result<ExitCode> {
    for approval in StoredApproval::list(&app.env.layout)? {
        app.ui.data(&format!("{}  {}", approval.hash(), escape_control(&approval.workspace)))?;
    }
    Ok(ExitCode::SUCCESS)
}
