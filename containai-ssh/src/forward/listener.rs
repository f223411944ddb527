//! Sockets of this side that wait for connections.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};

use containai_core::naming::HostPort;
use containai_core::remote::{Bind, Listen, RemoteError};
use nix::sys::stat::{Mode, umask};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, UnixListener, lookup_host};

use super::holder;
use crate::listening::is_missing_family;

/// One open socket.
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix { listener: UnixListener, _file: Unlink },
}

/// A connection that somebody made to a [`Listener`].
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection and the address of who made it, as far as that has one.
pub(super) type Incoming = (Box<dyn Stream>, Option<SocketAddr>);

/// Removes a socket's file when nobody listens any more.
pub(super) struct Unlink(PathBuf);

impl Drop for Unlink {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Listener {
    /// Opens what the words mean: a port on both loopback addresses is two.
    pub(super) async fn open(listen: &Listen) -> Result<Vec<Self>, RemoteError> {
        match listen {
            Listen::Unix(path) => Ok(vec![unix(Path::new(path))?]),
            Listen::Tcp { bind, port } => {
                let failed = |source| cannot_listen(listen, Some(*port), source);
                let mut opened = Vec::new();
                for address in addresses(bind, *port).await.map_err(failed)? {
                    match tcp(address) {
                        // A machine without IPv6 has the other address.
                        Err(error) if is_missing_family(&error) && !opened.is_empty() => {}
                        outcome => opened.push(Self::Tcp(outcome.map_err(failed)?)),
                    }
                }
                Ok(opened)
            }
        }
    }

    /// Waits for a connection.
    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Incoming>> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = ready!(listener.poll_accept(cx))?;
                stream.set_nodelay(true)?;
                Poll::Ready(Ok((Box::new(stream), Some(peer))))
            }
            Self::Unix { listener, .. } => {
                let (stream, _) = ready!(listener.poll_accept(cx))?;
                Poll::Ready(Ok((Box::new(stream), None)))
            }
        }
    }
}

async fn addresses(bind: &Bind, port: HostPort) -> io::Result<Vec<SocketAddr>> {
    let all = |list: [IpAddr; 2]| list.map(|ip| SocketAddr::new(ip, port.get())).to_vec();
    match bind {
        Bind::Loopback => Ok(all([Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])),
        Bind::Any => Ok(all([Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()])),
        Bind::Host(host) => Ok(lookup_host((host.as_str(), port.get())).await?.collect()),
    }
}

fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => {
            let socket = TcpSocket::new_v6()?;
            // Beside a socket of its own for IPv4.
            rustix::net::sockopt::set_ipv6_v6only(&socket, true)?;
            socket
        }
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(128)
}

/// Takes the place of a socket on which nobody listens any more.
fn unix(path: &Path) -> Result<Listener, RemoteError> {
    let failed = |source| RemoteError::CannotListen {
        address: path.display().to_string(),
        holder: None,
        source,
    };
    let outcome = match private(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_abandoned(path) => {
            std::fs::remove_file(path).and_then(|()| private(path))
        }
        outcome => outcome,
    };
    Ok(Listener::Unix { listener: outcome.map_err(failed)?, _file: Unlink(path.to_owned()) })
}

/// Makes a socket that only its owner may connect to, from its first moment on.
/// The mask is the whole process's, for as long as one system call takes.
fn private(path: &Path) -> io::Result<UnixListener> {
    let before = umask(Mode::from_bits_truncate(0o177));
    let outcome = UnixListener::bind(path);
    umask(before);
    outcome
}

fn is_abandoned(path: &Path) -> bool {
    StdUnixStream::connect(path).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

fn cannot_listen(listen: &Listen, port: Option<HostPort>, source: io::Error) -> RemoteError {
    let is_taken = source.kind() == ErrorKind::AddrInUse;
    let holder = port.filter(|_| is_taken).and_then(holder::of);
    RemoteError::CannotListen { address: listen.to_string(), holder, source }
}
