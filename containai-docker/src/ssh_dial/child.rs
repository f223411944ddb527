//! A child process whose standard streams are a connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use containai_core::stderr_tail::StderrTail;
use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::task::JoinHandle;

/// A connection through a child process, which is killed when the connection is dropped.
pub(crate) struct DialStream {
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// The child's standard error; reported if the child ends before any output.
    stderr: Option<JoinHandle<String>>,
    _child: Child,
}

impl DialStream {
    pub(super) fn new(mut child: Child) -> io::Result<Self> {
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(io::Error::other("a child without streams"));
        };
        let stderr_task = Some(tokio::spawn(read_stderr(stderr)));
        Ok(Self { stdin: Some(stdin), stdout, stderr: stderr_task, _child: child })
    }

    fn stdin(&mut self) -> io::Result<Pin<&mut ChildStdin>> {
        self.stdin.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

/// Reads to the end, so that the child never blocks on writing.
async fn read_stderr(mut stderr: ChildStderr) -> String {
    let mut words = StderrTail::default();
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = stderr.read(&mut buffer).await {
        words.push(&buffer[..length]);
    }
    words.to_string()
}

impl AsyncRead for DialStream {
    /// Reads the child's output. An end before the first byte is an error with the child's standard
    /// error as message.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stdout).poll_read(cx, buf))?;
        if buf.filled().len() > before || buf.remaining() == 0 {
            // The child has sent output, so its standard error is not needed for an error.
            self.stderr = None;
            return Poll::Ready(Ok(()));
        }
        let Some(stderr_task) = &mut self.stderr else { return Poll::Ready(Ok(())) };
        let message = ready!(Pin::new(stderr_task).poll(cx)).unwrap_or_default();
        self.stderr = None;
        let message =
            if message.is_empty() { "`ssh` ended without a message".to_owned() } else { message };
        Poll::Ready(Err(io::Error::other(message)))
    }
}

impl AsyncWrite for DialStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match ready!(self.stdin()?.poll_write(cx, bytes)) {
            // The read half reports why the child ended.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && self.stderr.is_some() => {
                Poll::Ready(Ok(bytes.len()))
            }
            outcome => Poll::Ready(outcome),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stdin()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A pipe ends when its last writer is closed.
        self.stdin = None;
        Poll::Ready(Ok(()))
    }
}

impl Connection for DialStream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}
