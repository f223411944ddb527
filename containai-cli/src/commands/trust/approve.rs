use std::process::ExitCode;

use containai::OperationError;
use containai::trust_review::TrustReview;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;

use crate::app::App;

/// The confirmation of an approval.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Confirmation {
    /// `--yes`.
    Given,
    /// The user is asked.
    Required,
}

/// Prints each file that is not approved, and stores the user's approval of it.
pub(super) fn run(
    workspace: &WorkspacePath,
    reviews: Vec<TrustReview>,
    confirmation: Confirmation,
    app: &App,
) -> anyhow::Result<ExitCode> {
    for review in reviews {
        let path = review.path().display().to_string();
        if review.is_approved() {
            app.ui.say(&format!("`{path}` is already approved"));
            continue;
        }
        if confirmation == Confirmation::Required {
            confirm(&review.text(), app)?;
        }
        review.approve(workspace)?;
        app.ui.say(&format!("approved `{path}`"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the text and asks for approval.
fn confirm(text: &str, app: &App) -> anyhow::Result<()> {
    if !app.ui.terminals().can_ask() {
        let message = "approval required but stdin is not a terminal";
        return Err(OperationError::usage(message)
            .hint(Hint::run("cai trust --show", "read the file"))
            .hint(Hint::run("cai trust --yes", "approve it"))
            .into());
    }
    app.ui.data(text)?;
    match app.ui.confirm("Approve this?") {
        true => Ok(()),
        false => Err(OperationError::with_code(exit::FAILED, "nothing was approved").into()),
    }
}
