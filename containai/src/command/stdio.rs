//! The standard streams of a command.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use containai_ssh::{Input, Output};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::unix::pipe;

/// A standard stream of a [`Command`](super::Command).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stdio(StdioKind);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum StdioKind {
    Piped,
    Inherited,
    Null,
}

impl Stdio {
    /// A pipe to this program, in [`Child`](super::Child).
    #[must_use]
    pub fn piped() -> Self {
        Self(StdioKind::Piped)
    }

    /// The stream of this process.
    #[must_use]
    pub fn inherit() -> Self {
        Self(StdioKind::Inherited)
    }

    /// No stream: input is empty, output is discarded.
    #[must_use]
    pub fn null() -> Self {
        Self(StdioKind::Null)
    }

    /// Creates the source of the standard input, and this program's end of a
    /// pipe.
    pub(super) fn open_input(self) -> io::Result<(Input, Option<ChildStdin>)> {
        Ok(match self.0 {
            StdioKind::Null => (Input::Null, None),
            StdioKind::Inherited => (containai_ssh::Stdio::inherit().input, None),
            StdioKind::Piped => {
                let (reader, writer): (PipeReader, PipeWriter) = io::pipe()?;
                let writer = pipe::Sender::from_owned_fd(writer.into())?;
                (Input::File(reader.into()), Some(ChildStdin(Some(writer))))
            }
        })
    }

    /// Creates the destination of an output, and this program's end of a pipe.
    /// `inherited` is the stream of this process.
    pub(super) fn open_output(
        self,
        inherited: impl FnOnce() -> Output,
    ) -> io::Result<(Output, Option<pipe::Receiver>)> {
        Ok(match self.0 {
            StdioKind::Null => (Output::Null, None),
            StdioKind::Inherited => (inherited(), None),
            StdioKind::Piped => {
                let (reader, writer) = io::pipe()?;
                let reader = pipe::Receiver::from_owned_fd(reader.into())?;
                (Output::File(File::from(OwnedFd::from(writer))), Some(reader))
            }
        })
    }
}

/// The standard input of a running command. Shutting it down or dropping it
/// sends the end of file.
#[derive(Debug)]
pub struct ChildStdin(Option<pipe::Sender>);

/// The standard output of a running command.
#[derive(Debug)]
pub struct ChildStdout(pub(super) pipe::Receiver);

/// The standard error of a running command.
#[derive(Debug)]
pub struct ChildStderr(pub(super) pipe::Receiver);

impl AsyncWrite for ChildStdin {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Some(pipe) => Pin::new(pipe).poll_write(cx, bytes),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A pipe ends when its last writer is closed.
        self.0 = None;
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for ChildStdout {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncRead for ChildStderr {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}
