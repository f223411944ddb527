use std::process::ExitCode;

use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;

use super::review::Review;
use crate::env::Env;
use crate::error::CliError;
use crate::trust::Approval;
use crate::ui::Ui;

/// Whether a person has to be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Question {
    /// `--yes`.
    Answered,
    /// Somebody has to say yes.
    Open,
}

impl From<bool> for Question {
    fn from(is_answered: bool) -> Self {
        if is_answered { Self::Answered } else { Self::Open }
    }
}

/// Shows what a workspace asks for and keeps a person's approval of it.
pub(super) fn run(
    workspace: &WorkspacePath,
    question: Question,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let reviews = Review::all(workspace, env, ui)?;
    if reviews.is_empty() {
        ui.say(&format!("`{workspace}` asks for nothing"));
    }
    for review in reviews {
        let path = review.file.path.display().to_string();
        if review.is_approved() {
            ui.say(&format!("`{path}` is approved as it is"));
            continue;
        }
        if question == Question::Open {
            ask(&review.text(), ui)?;
        }
        let text = review.file.text;
        let approval = Approval { workspace: workspace.to_string(), text };
        approval.keep(&review.place)?;
        ui.say(&format!("approved `{path}` as it is now"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows a person what there is to approve, and takes nothing but a yes.
fn ask(text: &str, ui: &Ui) -> anyhow::Result<()> {
    if !ui.terminals().can_ask() {
        return Err(CliError::usage("nobody is there to approve this")
            .hint(Hint::run("cai trust --show", "read it, and `cai trust --yes` to approve it"))
            .into());
    }
    ui.data(text)?;
    match ui.ask("Approve this?") {
        true => Ok(()),
        false => Err(CliError::with_code(exit::FAILED, "nothing was approved").into()),
    }
}
