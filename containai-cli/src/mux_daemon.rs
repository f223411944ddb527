//! The mux daemon, which keeps connections for later commands.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use containai::connection::sharing as mux_client;
use containai_ssh::SshRemote;
use containai_ssh::mux;

use crate::env::Env;

/// The number of sessions that run in parallel.
const WORKER_THREADS: usize = 4;

/// Runs the daemon; its standard streams are closed, so it prints nothing.
pub(crate) fn main() -> ExitCode {
    match serve() {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> anyhow::Result<mux::MuxExit> {
    let first = mux::daemonize()?;
    let seconds = std::env::args().nth(1).context("the idle time is missing")?.parse()?;
    let remote = SshRemote::new(Env::read()?.layout.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()?;
    let idle = Duration::from_secs(seconds);
    // Served on a worker thread, which also reads the connections: accepting a client wakes no
    // other thread.
    let serving = runtime.spawn(mux::serve(mux_client(remote), idle, Some(first)));
    let ended = runtime.block_on(serving)?;
    // A thread that still writes to a full pipe must not keep the process.
    runtime.shutdown_background();
    Ok(ended?)
}
