//! The options of every command.

use clap::{ArgAction, Args};
use containai_core::config::Flags;

use crate::ui::Verbosity;

/// The heading of these options in help.
const HEADING: &str = "Global options";

/// The options of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct GlobalArgs {
    /// Engine address: unix:///path, tcp://host:port or ssh://user@host
    #[arg(long, global = true, help_heading = HEADING, value_name = "ADDRESS")]
    pub(crate) docker_host: Option<String>,
    /// Print each step and build output; `-vv` adds diagnostics of the engine and of SSH
    #[arg(short, long, global = true, help_heading = HEADING, action = ArgAction::Count, conflicts_with = "quiet", alias = "debug")]
    pub(crate) verbose: u8,
    /// Print only errors
    #[arg(short, long, global = true, help_heading = HEADING)]
    quiet: bool,
    /// Open a new connection instead of reusing a shared one
    #[arg(long, global = true, help_heading = HEADING)]
    no_mux: bool,
}

impl GlobalArgs {
    /// Returns the command line's layer of the configuration, as far as every command has it.
    pub(crate) fn flags(&self) -> Flags {
        let mut flags = Flags::for_engine(self.docker_host.clone());
        flags.mux = self.mux();
        flags
    }

    /// Whether connections are shared; `None` leaves it to the configuration.
    pub(crate) fn mux(&self) -> Option<bool> {
        self.no_mux.then_some(false)
    }

    /// Whether only errors are printed.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        }
    }
}
