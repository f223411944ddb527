//! The command line, handed to its command.

use std::process::ExitCode;

use clap::Args;
use containai_core::config::Flags;
use containai_core::engine::EngineError;
use containai_core::exit;

use crate::command_line::{self, CommandLine};
use crate::env::{Env, Terminals};
use crate::regroup;
use crate::ui::{Ui, Volume};
use crate::{complete, error, gone};

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// The engine's address, unix:///path, tcp://host:port or ssh://user@host
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) docker_host: Option<String>,
    /// Tell every step and the output of builds
    #[arg(short, long, global = true, conflicts_with = "quiet", alias = "debug")]
    verbose: bool,
    /// Tell nothing but errors
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Open a connection of one's own instead of sharing one
    #[arg(long, global = true)]
    no_mux: bool,
}

impl Global {
    /// The command line's layer of the configuration, as far as every command
    /// has it.
    pub(crate) fn flags(&self) -> Flags {
        Flags { docker_host: self.docker_host.clone(), mux: self.mux(), ..Flags::default() }
    }

    /// What the command line says on sharing connections.
    pub(crate) fn mux(&self) -> Option<bool> {
        self.no_mux.then_some(false)
    }

    /// Whether nothing but errors is told.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    fn volume(&self) -> Volume {
        match (self.quiet, self.verbose) {
            (true, _) => Volume::Quiet,
            (_, true) => Volume::Verbose,
            _ => Volume::Normal,
        }
    }
}

/// Runs the program as the command line asks.
pub(crate) fn main() -> ExitCode {
    complete::answer();
    let cli = match command_line::read(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(answer) => {
            if let Some(error) = gone::successor(&answer) {
                let (error, ui) = (error.into(), Ui::new(Volume::Normal, Terminals::look()));
                return tell(&error, &ui);
            }
            // Help goes to stdout with status 0, a mistake to stderr with 2;
            // neither can be told to anybody when the stream is gone.
            let _ = answer.print();
            return ExitCode::from(if answer.use_stderr() { exit::USAGE } else { exit::OK });
        }
    };
    let ui = Ui::new(cli.global.volume(), Terminals::look());
    match run(cli, &ui) {
        Ok(code) => code,
        Err(error) => tell(&error, &ui),
    }
}

fn tell(error: &anyhow::Error, ui: &Ui) -> ExitCode {
    let (code, hints) = error::advice(error);
    ui.error(error, &hints);
    ExitCode::from(code)
}

fn run(cli: CommandLine, ui: &Ui) -> anyhow::Result<ExitCode> {
    let env = Env::read()?;
    let outcome = cli.command.run(&cli.global, &env, ui);
    let is_shut_out = |error: &anyhow::Error| {
        matches!(error.downcast_ref(), Some(EngineError::AccessDenied { .. }))
    };
    if outcome.as_ref().is_err_and(is_shut_out) {
        // Without access nothing was done yet, so nothing is done twice.
        regroup::as_member(&env)?;
    }
    outcome
}
