use std::process::ExitCode;

use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;

use super::review::TrustReview;
use crate::app::App;
use containai::OperationError;
use containai::trust::StoredApproval;

/// Whether a person has to be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Confirmation {
    /// `--yes`.
    Given,
    /// Somebody has to say yes.
    Required,
}

impl From<bool> for Confirmation {
    fn from(is_answered: bool) -> Self {
        if is_answered { Self::Given } else { Self::Required }
    }
}

/// Shows what a workspace asks for and keeps a person's approval of it.
pub(super) fn run(
    workspace: &WorkspacePath,
    question: Confirmation,
    app: &App,
) -> anyhow::Result<ExitCode> {
    let reviews = TrustReview::all(workspace, app)?;
    if reviews.is_empty() {
        app.ui.say(&format!("`{workspace}` asks for nothing"));
    }
    for review in reviews {
        let path = review.file.path.display().to_string();
        if review.is_approved() {
            app.ui.say(&format!("`{path}` is approved as it is"));
            continue;
        }
        if question == Confirmation::Required {
            confirm(&review.text(), app)?;
        }
        let text = review.file.text;
        let approval = StoredApproval { workspace: workspace.to_string(), text };
        approval.save(&review.approval_path)?;
        app.ui.say(&format!("approved `{path}` as it is now"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows a person what there is to approve, and takes nothing but a yes.
fn confirm(text: &str, app: &App) -> anyhow::Result<()> {
    if !app.ui.terminals().can_ask() {
        return Err(OperationError::usage("nobody is there to approve this")
            .hint(Hint::run("cai trust --show", "read it, and `cai trust --yes` to approve it"))
            .into());
    }
    app.ui.data(text)?;
    match app.ui.confirm("Approve this?") {
        true => Ok(()),
        false => Err(OperationError::with_code(exit::FAILED, "nothing was approved").into()),
    }
}
