//! The transport of an SSH connection before authentication.

use std::fmt;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::forward::ByteStream;

/// An established transport to an SSH server, before version exchange and
/// authentication.
///
/// [`Remote::wait_ready`](containai_core::remote::Remote::wait_ready) connects
/// to a port of this machine; [`over`](Self::over) uses any other byte stream.
pub struct Transport {
    pub(crate) stream: TransportStream,
}

/// The byte stream of a transport.
pub(crate) enum TransportStream {
    Tcp(TcpStream),
    Boxed(Box<dyn ByteStream>),
}

impl Transport {
    /// Creates a transport over any byte stream, at whose other end an SSH
    /// server speaks from the first byte of the protocol.
    ///
    /// The two streams of a child process are joined to one. The server at the
    /// other end is trusted for its pinned key alone, whatever the child
    /// connects to. The child has to outlive the session:
    ///
    /// ```no_run
    /// use std::process::Stdio;
    ///
    /// use containai_ssh::Transport;
    /// use tokio::process::{Child, Command};
    ///
    /// # fn example() -> std::io::Result<()> {
    /// let mut child: Child = Command::new("ssh")
    ///     .args(["-W", "127.0.0.1:2300", "gateway.example"])
    ///     .stdin(Stdio::piped())
    ///     .stdout(Stdio::piped())
    ///     .kill_on_drop(true)
    ///     .spawn()?;
    /// let (Some(output), Some(input)) = (child.stdout.take(), child.stdin.take()) else {
    ///     unreachable!("both are pipes");
    /// };
    /// let transport = Transport::over(tokio::io::join(output, input));
    /// # drop(transport);
    /// # Ok(())
    /// # }
    /// ```
    pub fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self { stream: TransportStream::Boxed(Box::new(stream)) }
    }

    /// Returns the TCP connection, from which nothing has been read; `None` for
    /// any other stream.
    ///
    /// # Errors
    ///
    /// Those of the system calls.
    pub fn into_tcp(self) -> io::Result<Option<std::net::TcpStream>> {
        let TransportStream::Tcp(stream) = self.stream else { return Ok(None) };
        let stream = stream.into_std()?;
        stream.set_nonblocking(false)?;
        Ok(Some(stream))
    }

    pub(crate) fn tcp(stream: TcpStream) -> Self {
        Self { stream: TransportStream::Tcp(stream) }
    }

    /// Whether this is a TCP connection, which can be established again.
    pub(crate) fn is_tcp(&self) -> bool {
        matches!(self.stream, TransportStream::Tcp(_))
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stream {
            TransportStream::Tcp(stream) => f.debug_tuple("Transport").field(stream).finish(),
            TransportStream::Boxed(_) => f.write_str("Transport(..)"),
        }
    }
}
