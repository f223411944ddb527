//! Listening sockets of this machine.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};

use containai_core::naming::HostPort;
use containai_core::remote::{BindAddress, ListenAddress, RemoteError};
use nix::sys::stat::{Mode, umask};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, UnixListener, lookup_host};

use super::port_owner;
use crate::port_in_use::is_address_family_missing;

/// A listening socket.
pub(crate) enum ForwardListener {
    Tcp(TcpListener),
    Unix { listener: UnixListener, _file: UnlinkOnDrop },
}

/// A connection accepted by a [`ForwardListener`].
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// An accepted connection, and the peer's address for TCP.
pub(crate) type Incoming = (Box<dyn ByteStream>, Option<SocketAddr>);

/// Removes the file of a socket when it is closed.
pub(crate) struct UnlinkOnDrop(PathBuf);

impl Drop for UnlinkOnDrop {
    fn drop(&mut self) {
        // The file may be removed already.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl ForwardListener {
    /// Opens the sockets of an address: a port on both loopback addresses is
    /// two.
    pub(crate) async fn open(listen: &ListenAddress) -> Result<Vec<Self>, RemoteError> {
        match listen {
            ListenAddress::Unix(path) => Ok(vec![bind_unix(Path::new(path))?]),
            ListenAddress::Tcp { bind, port } => {
                let failed = |source| cannot_listen(listen, Some(*port), source);
                let mut opened = Vec::new();
                for address in addresses(bind, *port).await.map_err(failed)? {
                    match bind_tcp(address) {
                        // Without IPv6, the IPv4 address is enough.
                        Err(error) if is_address_family_missing(&error) && !opened.is_empty() => {}
                        outcome => opened.push(Self::Tcp(outcome.map_err(failed)?)),
                    }
                }
                Ok(opened)
            }
        }
    }

    /// Waits for a connection.
    pub(crate) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Incoming>> {
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

async fn addresses(bind: &BindAddress, port: HostPort) -> io::Result<Vec<SocketAddr>> {
    let all = |list: [IpAddr; 2]| list.map(|ip| SocketAddr::new(ip, port.get())).to_vec();
    match bind {
        BindAddress::Loopback => Ok(all([Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])),
        BindAddress::Any => Ok(all([Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()])),
        BindAddress::Host(host) => Ok(lookup_host((host.as_str(), port.get())).await?.collect()),
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => {
            let socket = TcpSocket::new_v6()?;
            // IPv4 has a socket of its own.
            rustix::net::sockopt::set_ipv6_v6only(&socket, true)?;
            socket
        }
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(128)
}

/// Replaces a socket without a listener.
fn bind_unix(path: &Path) -> Result<ForwardListener, RemoteError> {
    let failed = |source| RemoteError::CannotListen {
        address: path.display().to_string(),
        holder: None,
        source,
    };
    let outcome = match bind_private(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_stale(path) => {
            std::fs::remove_file(path).and_then(|()| bind_private(path))
        }
        outcome => outcome,
    };
    Ok(ForwardListener::Unix {
        listener: outcome.map_err(failed)?,
        _file: UnlinkOnDrop(path.to_owned()),
    })
}

/// Creates a socket that only its owner may ever connect to. The umask of the
/// whole process is changed for the duration of one system call.
fn bind_private(path: &Path) -> io::Result<UnixListener> {
    let before = umask(Mode::from_bits_truncate(0o177));
    let outcome = UnixListener::bind(path);
    umask(before);
    outcome
}

fn is_stale(path: &Path) -> bool {
    StdUnixStream::connect(path).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

fn cannot_listen(listen: &ListenAddress, port: Option<HostPort>, source: io::Error) -> RemoteError {
    let is_taken = source.kind() == ErrorKind::AddrInUse;
    let holder = port.filter(|_| is_taken).and_then(port_owner::find_owner);
    RemoteError::CannotListen { address: listen.to_string(), holder, source }
}
