//! Ctrl-C before there is a session.

use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::{DriveError, Either, race};

use crate::error::CliError;
use crate::ui::Ui;

/// Lets Ctrl-C end the work between two steps.
pub(super) async fn until_interrupted<T>(
    work: impl Future<Output = Result<T, DriveError>>,
    ui: &Ui,
) -> anyhow::Result<T> {
    match race(work, tokio::signal::ctrl_c()).await {
        Either::First(outcome) => {
            ui.finish_work();
            Ok(outcome?)
        }
        Either::Second(_) => Err(CliError::with_code(exit::INTERRUPTED, "interrupted")
            .hint(Hint::new("run the same command again to go on where it stopped"))
            .into()),
    }
}
