//! What keeps connections for commands to come.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use containai::passage::sharing;
use containai_ssh::SshRemote;
use containai_ssh::mux;

use crate::env::Env;

/// How many sessions at once get a processor each.
const THREADS: usize = 4;

/// Runs what keeps the connections. Nobody listens to it, so it says nothing.
pub(crate) fn main() -> ExitCode {
    match serve() {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> anyhow::Result<mux::Ended> {
    let first = mux::detach()?;
    let seconds = std::env::args().nth(1).context("no number of seconds")?.parse()?;
    let remote = SshRemote::new(Env::read()?.layout.clone());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    let patience = Duration::from_secs(seconds);
    // Not here but where connections are read from: nobody wakes a thread then
    // to let a client in.
    let serving = runtime.spawn(mux::serve(sharing(remote), patience, Some(first)));
    let ended = runtime.block_on(serving)?;
    // A thread that still writes to a stream that nobody reads must not keep
    // the process.
    runtime.shutdown_background();
    Ok(ended?)
}
