//! The command line, read and handed to its command.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand as _};
use containai_core::config::Flags;
use containai_core::engine::EngineError;
use containai_core::exit;

use crate::commands::{self, Command};
use crate::env::{Env, Terminals};
use crate::regroup;
use crate::ui::{Ui, Volume};
use crate::{complete, error, gone};

/// A whole Linux for AI coding agents, in a box.
///
/// Every workspace gets a system container of its own: systemd, sshd, its own
/// Docker, root that is nobody on the host. `cai` alone is `cai run`.
#[derive(Debug, Parser)]
#[command(name = "cai", version, propagate_version = true, arg_required_else_help = false)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

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
    let cli = match Cli::try_parse_from(with_default_verb(std::env::args_os())) {
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

fn run(cli: Cli, ui: &Ui) -> anyhow::Result<ExitCode> {
    let env = Env::read()?;
    let outcome = commands::run(cli.command, &cli.global, &env, ui);
    let is_shut_out = |error: &anyhow::Error| {
        matches!(error.downcast_ref(), Some(EngineError::AccessDenied { .. }))
    };
    if outcome.as_ref().is_err_and(is_shut_out) {
        // Without access nothing was done yet, so nothing is done twice.
        regroup::as_member(&env)?;
    }
    outcome
}

/// The grammar, for completion scripts.
pub(crate) fn grammar() -> clap::Command {
    Cli::command()
}

/// Puts `run` where no command is named: `cai`, `cai --image base`, `cai DIR`.
fn with_default_verb(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.collect();
    if !names_a_verb(&args) {
        args.insert(1.min(args.len()), "run".into());
    }
    args
}

fn names_a_verb(args: &[OsString]) -> bool {
    let mut rest = args.iter().skip(1).map(|arg| arg.to_string_lossy());
    while let Some(word) = rest.next() {
        match word.as_ref() {
            "-h" | "--help" | "-V" | "--version" | "help" => return true,
            "--docker-host" => drop(rest.next()),
            "-v" | "--verbose" | "--debug" | "-q" | "--quiet" | "--no-mux" => {}
            word if word.starts_with("--docker-host=") => {}
            word if word.starts_with('-') => return false,
            word => {
                let is_verb = Command::has_subcommand(word);
                // A word that is neither gets clap's message with a suggestion.
                return is_verb || !std::path::Path::new(word).is_dir();
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn run_is_the_default_verb() {
        let check = |line: &str, expected: &str| {
            let args = with_default_verb(line.split(' ').map(OsString::from));
            let words: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
            assert_eq!(words.join(" "), expected);
        };
        check("cai", "cai run");
        check("cai --image base", "cai run --image base");
        check("cai -- ls", "cai run -- ls");
        check("cai /", "cai run /");
        check("cai -v exec ls", "cai -v exec ls");
        check("cai --no-mux exec ls", "cai --no-mux exec ls");
        check("cai --docker-host run status", "cai --docker-host run status");
        check("cai stauts", "cai stauts");
        check("cai --version", "cai --version");
    }
}
