//! One connection, led through a channel.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much a slow reader may leave unread. Past it the whole connection waits
/// for that reader, as the library gives a window back before its content was
/// taken; up to it nobody else notices.
const BACKLOG: usize = 16 << 20;
/// How much is read at once; what a packet holds.
const CHUNK: usize = 32 << 10;

type Waiting = (Bytes, OwnedSemaphorePermit);

/// Passes bytes both ways. The end of one direction is passed on and leaves
/// the other one open; it is over when both have ended, or one broke.
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
    // The connection may be gone, and the channel with it.
    let _ = write.close().await;
}

/// Takes what comes off the connection until the channel is closed.
async fn receive(mut read: ChannelReadHalf, queue: UnboundedSender<Waiting>) {
    let room = Arc::new(Semaphore::new(BACKLOG));
    let mut queue = Some(queue);
    while let Some(message) = read.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                let size = u32::try_from(data.len().min(BACKLOG)).unwrap_or(u32::MAX);
                let Ok(permit) = Arc::clone(&room).acquire_many_owned(size).await else { return };
                if let Some(queue) = &queue {
                    // Nobody takes it any more when our side broke.
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
    mut waiting: UnboundedReceiver<Waiting>,
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
