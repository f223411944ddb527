use std::process::ExitCode;

use containai::trust::StoredApproval;
use containai_core::config::escape_control;

use crate::app::App;

/// Prints the workspaces with approved files, each after its hash.
pub(super) fn run(app: &App) -> anyhow::Result<ExitCode> {
    for approval in StoredApproval::list(&app.env.layout)? {
        app.ui.data(&format!("{}  {}", approval.hash(), escape_control(&approval.workspace)))?;
    }
    Ok(ExitCode::SUCCESS)
}
