//! A socket that acknowledges immediately during connection setup.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A TCP stream without delayed acknowledgements during connection setup.
///
/// sshd sends small packets in succession. With Nagle's algorithm on its side
/// and delayed acknowledgements on this one, the second packet is delayed by 40
/// ms. Linux resets `TCP_QUICKACK` automatically (tcp(7)), so it is set after
/// every read.
pub(super) struct QuickAck {
    stream: TcpStream,
    switch: QuickAckSwitch,
}

/// Whether acknowledgements are immediate.
#[derive(Clone, Debug)]
pub(super) struct QuickAckSwitch(Arc<AtomicBool>);

impl QuickAckSwitch {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    /// Turns it off: after setup, fewer packets matter more.
    pub(super) fn stop(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl QuickAck {
    pub(super) fn new(stream: TcpStream, switch: QuickAckSwitch) -> Self {
        let stream = Self { stream, switch };
        stream.set_quickack();
        stream
    }

    fn set_quickack(&self) {
        #[cfg(target_os = "linux")]
        if self.switch.is_on() {
            // Without support this costs only time.
            let _ = self.stream.set_quickack(true);
        }
    }
}

impl AsyncRead for QuickAck {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_read(cx, buf);
        if poll.is_ready() {
            self.set_quickack();
        }
        poll
    }
}

impl AsyncWrite for QuickAck {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
