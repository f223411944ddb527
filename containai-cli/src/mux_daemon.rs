//! What keeps connections for commands to come.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use containai::connection::sharing as mux_client;
use containai_ssh::SshRemote;
use containai_ssh::mux;

use crate::env::Env;

/// How many sessions at once get a processor each.
const WORKER_THREADS: usize = 4;

/// Runs what keeps the connections. Nobody listens to it, so it says nothing.
pub(crate) fn main() -> ExitCode {
    match serve() {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> anyhow::Result<mux::MuxExit> {
    let first = mux::daemonize()?;
    let seconds = std::env::args().nth(1).context("no number of seconds")?.parse()?;
    let remote = SshRemote::new(Env::read()?.layout.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()?;
    let patience = Duration::from_secs(seconds);
    // Not here but where connections are read from: nobody wakes a thread then
    // to let a client in.
    let serving = runtime.spawn(mux::serve(mux_client(remote), patience, Some(first)));
    let ended = runtime.block_on(serving)?;
    // A thread that still writes to a stream that nobody reads must not keep
    // the process.
    runtime.shutdown_background();
    Ok(ended?)
}
