//! The daemon process that keeps connections.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::activity::ClientActivity;
use super::client::MuxClient;
use super::daemon_state::DaemonState;
use super::pool::ConnectionPool;
use super::recent_targets::RecentTargets;
use super::serve_client::serve_client;
use super::socket::MuxSocket;

/// The pause before the next accept when it fails, as when file descriptors are
/// exhausted.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// The reason why a daemon exited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum MuxExit {
    /// No client connected for a while.
    Idle,
    /// A client of another version connected.
    Superseded,
    /// Another daemon is running already.
    AlreadyRunning,
}

/// Detaches from the session, the directory and the open files of the parent
/// process, which would otherwise wait for inherited pipes to close. Returns
/// the first client, if [`MuxClient::start_daemon`] started this process.
///
/// All files except the standard streams are closed, so this must be called at
/// the start of a program.
///
/// # Errors
///
/// Those of the system calls.
pub fn daemonize() -> io::Result<StdUnixStream> {
    let first = io::stdin().as_fd().try_clone_to_owned()?;
    let entries = fs::read_dir("/proc/self/fd")?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let keep = std::os::fd::AsRawFd::as_raw_fd(&first);
    let others: Vec<i32> = names.filter(|number| *number > 2 && *number != keep).collect();
    for number in others {
        // The descriptor of the directory listing is closed already.
        let _ = nix::unistd::close(number);
    }
    rustix::stdio::dup2_stdin(OwnedFd::from(fs::File::open("/dev/null")?))?;
    // The kernel would otherwise show the name of the program.
    let _ = rustix::thread::set_name(c"containai-mux");
    // This fails for a process group leader, which needs no new session.
    let _ = nix::unistd::setsid();
    std::env::set_current_dir("/")?;
    Ok(StdUnixStream::from(first))
}

/// Keeps and leases connections until no client has connected for `idle_timeout`.
///
/// Runs in a process of its own. Requires a Tokio runtime with time and network
/// enabled, and more than one thread so that sessions do not slow each other
/// down.
///
/// # Errors
///
/// Those of the socket.
pub async fn serve(
    client: MuxClient,
    idle_timeout: Duration,
    first: Option<StdUnixStream>,
) -> io::Result<MuxExit> {
    let Some(socket) = MuxSocket::acquire(client.path())? else {
        return Ok(MuxExit::AlreadyRunning);
    };
    let listener = socket.listen()?;
    let (remote, version) = client.into_parts();
    let pool = ConnectionPool::new(remote, idle_timeout);
    let daemon = Arc::new(DaemonState {
        pool,
        recent_targets: RecentTargets::default(),
        version,
        superseded: Notify::new(),
    });
    let activity = ClientActivity::new();
    let accept = |stream: UnixStream| {
        let (daemon, activity_guard) = (Arc::clone(&daemon), activity.start_client());
        tokio::spawn(async move {
            serve_client(&daemon, stream).await;
            drop(activity_guard);
        });
    };
    // Anything other than a socket is ignored.
    let first = first.filter(|stream| stream.set_nonblocking(true).is_ok());
    if let Some(Ok(stream)) = first.map(UnixStream::from_std) {
        accept(stream);
    }
    let ended = loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => accept(stream),
                Err(_) => sleep(ACCEPT_RETRY_DELAY).await,
            },
            () = sleep(idle_timeout) => daemon.pool.evict(None),
            () = daemon.superseded.notified() => break MuxExit::Superseded,
            () = activity.wait_idle(idle_timeout) => break MuxExit::Idle,
        }
    };
    // Clients that are not accepted yet see the socket close, and use dedicated
    // connections; accepted clients are served to the end.
    drop(socket);
    drop(listener);
    activity.wait_idle(Duration::ZERO).await;
    Ok(ended)
}
