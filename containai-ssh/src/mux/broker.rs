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

use super::attend::attend;
use super::memory::Memory;
use super::place::Claim;
use super::pool::Pool;
use super::presence::Presence;
use super::sharing::Sharing;

/// The pause before the next accept when it fails, as when file descriptors are
/// exhausted.
const PAUSE: Duration = Duration::from_millis(100);

/// The reason why a daemon exited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Ended {
    /// No client connected for a while.
    Idle,
    /// A client of another version connected.
    Retired,
    /// Another daemon is running already.
    Redundant,
}

/// The state that all clients share.
pub(super) struct Broker {
    pub(super) pool: Pool,
    pub(super) memory: Memory,
    pub(super) version: String,
    pub(super) retire: Notify,
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
pub fn detach() -> io::Result<StdUnixStream> {
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

/// Keeps and leases connections until no client has connected for `patience`.
///
/// Runs in a process of its own. Requires a Tokio runtime with time and network
/// enabled, and more than one thread so that sessions do not slow each other
/// down.
///
/// # Errors
///
/// Those of the socket.
pub async fn serve(
    sharing: Sharing,
    patience: Duration,
    first: Option<StdUnixStream>,
) -> io::Result<Ended> {
    let Some(claim) = Claim::take(sharing.path())? else {
        return Ok(Ended::Redundant);
    };
    let listener = claim.listen()?;
    let (remote, version) = sharing.into_parts();
    let pool = Pool::new(remote, patience);
    let broker =
        Arc::new(Broker { pool, memory: Memory::default(), version, retire: Notify::new() });
    let presence = Presence::new();
    let let_in = |stream: UnixStream| {
        let (broker, guest) = (Arc::clone(&broker), presence.enter());
        tokio::spawn(async move {
            attend(&broker, stream).await;
            drop(guest);
        });
    };
    // Anything other than a socket is ignored.
    let first = first.filter(|stream| stream.set_nonblocking(true).is_ok());
    if let Some(Ok(stream)) = first.map(UnixStream::from_std) {
        let_in(stream);
    }
    let ended = loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => let_in(stream),
                Err(_) => sleep(PAUSE).await,
            },
            () = sleep(patience) => broker.pool.sweep(None),
            () = broker.retire.notified() => break Ended::Retired,
            () = presence.gone_for(patience) => break Ended::Idle,
        }
    };
    // Clients that are not accepted yet see the socket close, and use dedicated
    // connections; accepted clients are served to the end.
    drop(claim);
    drop(listener);
    presence.gone_for(Duration::ZERO).await;
    Ok(ended)
}
