//! The server of the mux daemon.

use std::os::unix::net::UnixStream;
use std::time::Duration;

use containai_core::layout::Layout;
use containai_ssh::{SshRemote, mux};
use tokio::runtime::Builder;

use crate::connection::sharing as mux_client;

/// The number of sessions that run in parallel.
const WORKER_THREADS: usize = 4;

/// Keeps connections for the user of `layout` until no client has asked for one for the time
/// `idle`. `first`: the client that started the daemon.
///
/// # Errors
///
/// The socket cannot be created, or a system call fails.
pub fn serve(layout: Layout, idle: Duration, first: UnixStream) -> crate::Result<()> {
    let client = mux_client(SshRemote::new(layout));
    let runtime =
        Builder::new_multi_thread().worker_threads(WORKER_THREADS).enable_all().build()?;
    // Served on a worker thread, which also reads the connections: accepting a client wakes no
    // other thread.
    let outcome = runtime.block_on(runtime.spawn(mux::serve(client, idle, Some(first))));
    // A thread that still writes to a full pipe must not keep the process.
    runtime.shutdown_background();
    outcome??;
    Ok(())
}
