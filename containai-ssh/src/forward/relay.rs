//! Relaying one connection through a channel.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The maximum number of bytes unread by a slow reader. Above it the whole connection
/// waits for that reader, because the library reopens a window before its
/// content is consumed; below it the other channels are unaffected.
const BACKLOG: usize = 16 << 20;
/// The size of a read, which is that of a packet.
const CHUNK: usize = 32 << 10;

type QueuedData = (Bytes, OwnedSemaphorePermit);

/// Relays bytes in both directions. EOF of one direction is forwarded and
/// leaves the other one open; the relay ends when both have ended, or one
/// failed.
pub(crate) async fn relay(channel: Channel<Msg>, stream: impl AsyncRead + AsyncWrite) {
    let (read, write) = channel.split();
    let (from, into) = tokio::io::split(stream);
    let (queue, waiting) = unbounded_channel();
    let mut receiving = pin!(receive(read, queue));
    let mut delivering = pin!(deliver(waiting, into));
    let mut sending = pin!(send(from, &write));
    let (mut is_closed, mut is_delivered, mut is_sent) = (false, false, false);
    while !is_delivered || !(is_sent || is_closed) {
        tokio::select! {
            () = &mut receiving, if !is_closed => is_closed = true,
            outcome = &mut delivering, if !is_delivered => match outcome {
                Ok(()) => is_delivered = true,
                Err(_) => break,
            },
            outcome = &mut sending, if !is_sent => match outcome {
                Ok(()) => is_sent = true,
                Err(_) => break,
            },
        }
    }
    // The connection, and with it the channel, may be closed already.
    let _ = write.close().await;
}

/// Receives until the channel is closed.
async fn receive(mut read: ChannelReadHalf, queue: UnboundedSender<QueuedData>) {
    let room = Arc::new(Semaphore::new(BACKLOG));
    let mut queue = Some(queue);
    while let Some(message) = read.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                let size = u32::try_from(data.len().min(BACKLOG)).unwrap_or(u32::MAX);
                let Ok(permit) = Arc::clone(&room).acquire_many_owned(size).await else { return };
                if let Some(queue) = &queue {
                    // The receiver is dropped when the local side failed.
                    let _ = queue.send((data, permit));
                }
            }
            ChannelMsg::Eof => queue = None,
            ChannelMsg::Close => return,
            _ => {}
        }
    }
}

async fn deliver(
    mut waiting: UnboundedReceiver<QueuedData>,
    mut into: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    while let Some((data, _permit)) = waiting.recv().await {
        into.write_all(&data).await?;
    }
    into.shutdown().await
}

async fn send(
    mut from: impl AsyncRead + Unpin,
    write: &ChannelWriteHalf<Msg>,
) -> Result<(), russh::Error> {
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        if from.read_buf(&mut chunk).await? == 0 {
            return write.eof().await;
        }
        write.data_bytes(chunk).await?;
    }
}
