//! The program `cai`: from words to an exit status.

use std::process::ExitCode;

use containai_core::engine::EngineError;
use containai_core::exit;

use crate::app::App;
use crate::command_line::{self, CommandLine};
use crate::env::Terminals;
use crate::ui::{Ui, Verbosity};
use crate::{agent_word, aliases, complete, error, group_reexec, legacy};

/// Runs the command line.
pub(crate) fn main() -> ExitCode {
    complete::complete();
    let mut words = std::env::args_os().collect();
    let deprecated = aliases::expand(&mut words);
    agent_word::expand(&mut words);
    let cli = match command_line::parse(words, agent_word::with_agents) {
        Ok(cli) => cli,
        Err(answer) => {
            if let Some(error) = legacy::suggest_replacement(&answer) {
                let ui = Ui::new(Verbosity::Normal, Terminals::detect());
                return report_error(&error.into(), &ui);
            }
            // Help goes to stdout with status 0, an error to stderr with 2; neither can be
            // reported when the stream is closed.
            let _ = answer.print();
            return ExitCode::from(if answer.use_stderr() { exit::USAGE } else { exit::OK });
        }
    };
    let ui = Ui::new(cli.global.verbosity(), Terminals::detect());
    if let Some(text) = deprecated {
        ui.warn(&text);
    }
    run(cli, &ui).unwrap_or_else(|error| report_error(&error, &ui))
}

fn report_error(error: &anyhow::Error, ui: &Ui) -> ExitCode {
    let (code, hints) = error::advice(error);
    ui.error(error.as_ref(), &hints);
    ExitCode::from(code)
}

fn run(cli: CommandLine, ui: &Ui) -> anyhow::Result<ExitCode> {
    let app = App::new(cli.global, ui, command_line::full_command)?;
    let outcome = cli.command.run(&app);
    let is_access_denied = |error: &anyhow::Error| {
        let engine = error.downcast_ref().and_then(containai::Error::find);
        matches!(engine.or(error.downcast_ref()), Some(EngineError::AccessDenied { .. }))
    };
    if outcome.as_ref().is_err_and(is_access_denied) {
        // Without access nothing was done yet, so nothing is done twice.
        group_reexec::reexec_with_group(&app.env)?;
    }
    outcome
}
