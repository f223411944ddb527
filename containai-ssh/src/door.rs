//! A connection to a server that is not authenticated yet.

use std::fmt;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::forward::Stream;

/// A connection on which nothing is authenticated yet, with the server's words
/// still unread.
///
/// [`Remote::knock`](containai_core::remote::Remote::knock) makes one to a
/// port of this machine, [`over`](Self::over) one of any other byte stream.
pub struct Door {
    pub(crate) way: Way,
}

/// What carries a connection.
pub(crate) enum Way {
    Socket(TcpStream),
    Other(Box<dyn Stream>),
}

impl Door {
    /// Lets another byte stream than a TCP socket carry the connection: one
    /// that an SSH server at its other end reads and writes, from the first
    /// byte of the protocol on.
    ///
    /// The streams of a child process are joined to one. Whatever the child
    /// leads to, the server at the end is believed for its pinned key alone.
    /// The child has to outlive the session:
    ///
    /// ```no_run
    /// use std::process::Stdio;
    ///
    /// use containai_ssh::Door;
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
    /// let door = Door::over(tokio::io::join(output, input));
    /// # drop(door);
    /// # Ok(())
    /// # }
    /// ```
    pub fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self { way: Way::Other(Box::new(stream)) }
    }

    pub(crate) fn socket(stream: TcpStream) -> Self {
        Self { way: Way::Socket(stream) }
    }

    /// Whether another connection like this one can be made.
    pub(crate) fn is_socket(&self) -> bool {
        matches!(self.way, Way::Socket(_))
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            Way::Socket(stream) => f.debug_tuple("Door").field(stream).finish(),
            Way::Other(_) => f.write_str("Door(..)"),
        }
    }
}
