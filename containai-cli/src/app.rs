//! The state that every command works with.

use containai::context::Context;
use containai::report::Reporter;
use containai::session::Streams;
use containai_ssh::{Stdio, Terminal, TerminalSize};

use crate::env::Env;
use crate::global_args::GlobalArgs;
use crate::log;
use crate::ui::{Ui, UiFrontend};

/// The state that every command works with.
pub(crate) struct App {
    /// The options of every command.
    pub(crate) global: GlobalArgs,
    /// The facts of the process.
    pub(crate) env: Env,
    /// The printer.
    pub(crate) ui: Ui,
    /// The printer as the library's frontend.
    pub(crate) reporter: Reporter,
    /// Builds the grammar of all commands.
    pub(crate) grammar: fn() -> clap::Command,
}

impl App {
    /// Reads the facts of the process.
    pub(crate) fn new(
        global: GlobalArgs,
        ui: &Ui,
        grammar: fn() -> clap::Command,
    ) -> anyhow::Result<Self> {
        let env = Env::read()?;
        log::init(global.verbose, &env)?;
        let reporter = Reporter::new(UiFrontend { ui: ui.clone(), env: env.clone() });
        Ok(Self { global, env, ui: ui.clone(), reporter, grammar })
    }

    /// The configuration for commands that find containers by name.
    pub(crate) fn context(&self) -> containai::Result<Context> {
        Context::of_engine(&self.env, &self.reporter, &self.global.flags())
    }

    /// The streams of this process, with a remote terminal if they are a terminal.
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
