//! The mux daemon, which keeps connections for later commands.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use containai::mux_server;
use containai_ssh::mux;

use crate::env::Env;

/// Runs the daemon; its standard streams are closed, so it prints nothing.
pub(crate) fn main() -> ExitCode {
    if serve().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn serve() -> anyhow::Result<()> {
    let first = mux::daemonize()?;
    let seconds = std::env::args().nth(1).context("the idle time is missing")?.parse()?;
    Ok(mux_server::serve(Env::read()?.layout.clone(), Duration::from_secs(seconds), first)?)
}
