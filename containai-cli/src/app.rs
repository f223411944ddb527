//! The command line, handed to its command.

use std::process::ExitCode;

use clap::{ArgAction, Args};
use containai::session::Streams;
use containai_core::config::Flags;
use containai_core::engine::EngineError;
use containai_core::exit;
use containai_ssh::{Stdio, Terminal, TerminalSize};

use crate::command_line::{self, CommandLine};
use crate::env::{Env, Terminals};
use crate::group_reexec;
use crate::ui::{Frontend, Ui, Verbosity};
use crate::{complete, error, legacy, log};
use containai::report::Reporter;

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct GlobalArgs {
    /// The engine's address, unix:///path, tcp://host:port or ssh://user@host
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) docker_host: Option<String>,
    /// Print each step and build output; `-vv` adds diagnostics of the engine and of SSH
    #[arg(short, long, global = true, conflicts_with = "quiet", alias = "debug", action = ArgAction::Count)]
    verbose: u8,
    /// Tell nothing but errors
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Open a connection of one's own instead of sharing one
    #[arg(long, global = true)]
    no_mux: bool,
}

impl GlobalArgs {
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

    fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, 1..) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}

/// Runs the program as the command line asks.
pub(crate) fn main() -> ExitCode {
    complete::complete();
    let cli = match command_line::parse(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(answer) => {
            if let Some(error) = legacy::suggest_replacement(&answer) {
                let (error, ui) = (error.into(), Ui::new(Verbosity::Normal, Terminals::detect()));
                return report_error(&error, &ui);
            }
            // Help goes to stdout with status 0, a mistake to stderr with 2;
            // neither can be told to anybody when the stream is gone.
            let _ = answer.print();
            return ExitCode::from(if answer.use_stderr() { exit::USAGE } else { exit::OK });
        }
    };
    let ui = Ui::new(cli.global.verbosity(), Terminals::detect());
    match run(cli, &ui) {
        Ok(code) => code,
        Err(error) => report_error(&error, &ui),
    }
}

fn report_error(error: &anyhow::Error, ui: &Ui) -> ExitCode {
    let (code, hints) = error::advice(error);
    ui.error(error, &hints);
    ExitCode::from(code)
}

/// What every command works with.
pub(crate) struct App {
    /// The options of every command.
    pub(crate) global: GlobalArgs,
    /// What the process was started with.
    pub(crate) env: Env,
    /// The printer.
    pub(crate) ui: Ui,
    /// The printer, as the library reports to it.
    pub(crate) reporter: Reporter,
}

impl App {
    /// The streams of this process, and a terminal where they are one.
    pub(crate) fn streams(&self) -> Streams {
        let terminal = match self.ui.terminals().is_interactive() {
            false => Terminal::None,
            true => Terminal::Request {
                term: self.env.term.clone(),
                size: TerminalSize::of(std::io::stdout()).unwrap_or_default(),
            },
        };
        Streams { terminal, stdio: Stdio::inherit() }
    }
}

fn run(cli: CommandLine, ui: &Ui) -> anyhow::Result<ExitCode> {
    let env = Env::read()?;
    log::init(cli.global.verbose, &env)?;
    let reporter = Reporter::new(Frontend { ui: ui.clone(), env: env.clone() });
    let app = App { global: cli.global, env, ui: ui.clone(), reporter };
    let outcome = cli.command.run(&app);
    let is_shut_out = |error: &anyhow::Error| {
        let engine = error.downcast_ref().and_then(containai::Error::find);
        matches!(engine.or(error.downcast_ref()), Some(EngineError::AccessDenied { .. }))
    };
    if outcome.as_ref().is_err_and(is_shut_out) {
        // Without access nothing was done yet, so nothing is done twice.
        group_reexec::reexec_with_group(&app.env)?;
    }
    outcome
}
