//! A command, attended until its end.

use std::process::ExitCode;

use containai_core::exit;
use containai_ssh::{Command, JOURNAL, Launch, Size, Stdio, Terminal};

use crate::env::Env;
use crate::passage::Passage;
use crate::ui::Ui;

/// Runs the command with this process's streams and passes its status on.
pub(crate) async fn attend(
    passage: Passage<'_>,
    command: &Command,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    ui.finish_work();
    let is_left_behind = command.launch() == Launch::Detached;
    let terminal = match ui.terminals().is_interactive() && !is_left_behind {
        false => Terminal::None,
        true => Terminal::Request {
            term: env.term.clone(),
            size: Size::of(std::io::stdout()).unwrap_or_default(),
        },
    };
    let outcome = passage.exec(command, terminal, Stdio::inherit()).await?;
    if is_left_behind && outcome.code() == exit::OK {
        ui.say(&format!(
            "output is in the container's journal: `cai exec -- journalctl -t {JOURNAL}`"
        ));
    }
    Ok(ExitCode::from(outcome.code()))
}
