//! The process that keeps connections.

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

/// How long to pause when no client can be let in, as without free files.
const PAUSE: Duration = Duration::from_millis(100);

/// Why a broker ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Ended {
    /// Nobody came for a while.
    Idle,
    /// A client of another version came.
    Retired,
    /// Another broker is there already.
    Redundant,
}

/// What all who are attended to share.
pub(super) struct Broker {
    pub(super) pool: Pool,
    pub(super) memory: Memory,
    pub(super) version: String,
    pub(super) retire: Notify,
}

/// Leaves the session, the directory and the files of whoever started us, who
/// would else wait for a pipe to close that we hold open. Returns the first
/// client, if [`Sharing::begin`] started us.
///
/// It closes every file but the three standard ones, so it belongs to the
/// beginning of a program of its own.
///
/// # Errors
///
/// What the system says.
pub fn detach() -> io::Result<StdUnixStream> {
    let first = io::stdin().as_fd().try_clone_to_owned()?;
    let entries = fs::read_dir("/proc/self/fd")?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let keep = std::os::fd::AsRawFd::as_raw_fd(&first);
    let others: Vec<i32> = names.filter(|number| *number > 2 && *number != keep).collect();
    for number in others {
        // The one that listed the directory is closed already.
        let _ = nix::unistd::close(number);
    }
    rustix::stdio::dup2_stdin(OwnedFd::from(fs::File::open("/dev/null")?))?;
    // Without a file of that name, the kernel does not know what to call us.
    let _ = rustix::thread::set_name(c"containai-mux");
    // This fails for the leader of a process group, which is detached enough.
    let _ = nix::unistd::setsid();
    std::env::set_current_dir("/")?;
    Ok(StdUnixStream::from(first))
}

/// Keeps connections and lends them until nobody has come for `patience`.
///
/// Belongs into a process of its own; needs a Tokio runtime with time and
/// network enabled and, for sessions not to slow each other down, more than one
/// thread.
///
/// # Errors
///
/// What the system says about the socket.
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
    // One that is no socket is nobody.
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
    // Clients that were not let in yet see the socket close, and go their own
    // way; those who were are served to their end.
    drop(claim);
    drop(listener);
    presence.gone_for(Duration::ZERO).await;
    Ok(ended)
}
