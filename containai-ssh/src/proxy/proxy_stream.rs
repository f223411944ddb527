//! A byte stream over the standard streams of a child process.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use containai_core::stderr_tail::StderrTail;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The timeout of a child's exit after its stream is closed.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);

/// A byte stream over a child process, which is killed with it. Peeked bytes
/// are read again.
pub(super) struct ProxyStream {
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    stderr_tail: JoinHandle<String>,
    child: Child,
    peeked: Vec<u8>,
}

impl ProxyStream {
    pub(super) fn new(mut child: Child) -> io::Result<Self> {
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
            return Err(io::Error::other("the child process has no standard streams"));
        };
        let talk = tokio::spawn(read_stderr_tail(stderr));
        Ok(Self { stdin: Some(stdin), stdout, stderr_tail: talk, child, peeked: Vec::new() })
    }

    /// Waits for more of the server's first bytes, and returns all of them. The
    /// stream has ended if there are no new ones.
    pub(super) async fn peek(&mut self) -> io::Result<&[u8]> {
        let mut buffer = [0; 128];
        let length = self.stdout.read(&mut buffer).await?;
        self.peeked.extend_from_slice(&buffer[..length]);
        Ok(&self.peeked)
    }

    /// Waits for the child, and returns its exit status and stderr tail.
    pub(super) async fn finish(mut self) -> (Option<i32>, String) {
        self.stdin = None;
        let status = timeout(EXIT_TIMEOUT, self.child.wait()).await;
        let said = timeout(EXIT_TIMEOUT, self.stderr_tail).await;
        let said = said.ok().and_then(Result::ok).unwrap_or_default();
        (status.ok().and_then(Result::ok).and_then(|status| status.code()), said)
    }
}

/// Reads to the end, so that the child never blocks.
async fn read_stderr_tail(mut stderr: ChildStderr) -> String {
    let mut words = StderrTail::default();
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = stderr.read(&mut buffer).await {
        words.push(&buffer[..length]);
    }
    words.to_string()
}

impl AsyncRead for ProxyStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.peeked.is_empty() {
            return Pin::new(&mut self.stdout).poll_read(cx, buf);
        }
        let length = self.peeked.len().min(buf.remaining());
        buf.put_slice(&self.peeked[..length]);
        self.peeked.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ProxyStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stdin {
            Some(stdin) => Pin::new(stdin).poll_write(cx, bytes),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stdin {
            Some(stdin) => Pin::new(stdin).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A pipe ends when its last writer is closed.
        self.stdin = None;
        Poll::Ready(Ok(()))
    }
}
