use std::process::ExitCode;

use containai_core::config::visible;

use crate::env::Env;
use crate::trust::Approval;
use crate::ui::Ui;

/// Prints the workspaces with something approved, with its hash in front.
pub(super) fn run(env: &Env, ui: &Ui) -> anyhow::Result<ExitCode> {
    for approval in Approval::all(&env.layout)? {
        ui.data(&format!("{}  {}", approval.hash(), visible(&approval.workspace)))?;
    }
    Ok(ExitCode::SUCCESS)
}
