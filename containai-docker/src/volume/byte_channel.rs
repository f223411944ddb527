//! A byte channel between a blocking thread and an asynchronous task.

use std::io::{self, ErrorKind, Read, Write};

use bytes::{Buf as _, Bytes};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Capacity of the channel in chunks: with the engine's chunks of 16 KiB a few MiB, so that neither
/// side waits for the other at every chunk.
const CHANNEL_CAPACITY: usize = 256;
/// Size of the chunks of a [`ChannelWriter`] in bytes.
const CHUNK_SIZE: usize = 128 << 10;

/// Both ends of a byte channel.
#[derive(Debug)]
pub struct ByteChannel {
    /// The sending end.
    pub sender: Sender<Bytes>,
    /// The receiving end.
    pub receiver: Receiver<Bytes>,
}

/// Creates a byte channel.
#[must_use]
pub fn byte_channel() -> ByteChannel {
    let (sender, receiver) = mpsc::channel(CHANNEL_CAPACITY);
    ByteChannel { sender, receiver }
}

/// A blocking reader of a channel. The data ends when the sender is dropped.
#[derive(Debug)]
pub struct ChannelReader {
    receiver: Receiver<Bytes>,
    chunk: Bytes,
}

impl ChannelReader {
    /// Creates a reader of the channel.
    #[must_use]
    pub fn new(receiver: Receiver<Bytes>) -> Self {
        Self { receiver, chunk: Bytes::new() }
    }
}

impl Read for ChannelReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.chunk = piece,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

/// A blocking writer to a channel. Data that is not flushed is lost.
#[derive(Debug)]
pub struct ChannelWriter {
    sender: Sender<Bytes>,
    chunk: Vec<u8>,
}

impl ChannelWriter {
    /// Creates a writer to the channel.
    #[must_use]
    pub fn new(sender: Sender<Bytes>) -> Self {
        Self { sender, chunk: Vec::with_capacity(CHUNK_SIZE) }
    }
}

impl Write for ChannelWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().min(CHUNK_SIZE - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..length]);
        if self.chunk.len() == CHUNK_SIZE {
            self.flush()?;
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK_SIZE));
        let sent = self.sender.blocking_send(piece.into());
        sent.map_err(|_| ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_arrives_in_order() {
        let ByteChannel { sender, receiver } = byte_channel();
        let content: Vec<u8> = (0..1_000_003_u32).map(|n| n.to_le_bytes()[1]).collect();
        let sent = content.clone();
        let thread = std::thread::spawn(move || {
            let mut writer = ChannelWriter::new(sender);
            writer.write_all(&sent).and_then(|()| writer.flush())
        });
        let mut read = Vec::new();
        let outcome = ChannelReader::new(receiver).read_to_end(&mut read);
        assert!(outcome.is_ok() && read == content);
        assert!(thread.join().is_ok_and(|written| written.is_ok()));
    }

    #[test]
    fn closed_receiver_is_a_broken_pipe() {
        let ByteChannel { sender, receiver } = byte_channel();
        drop(receiver);
        let written = ChannelWriter::new(sender).write_all(&[0; CHUNK_SIZE]);
        assert_eq!(written.map_err(|error| error.kind()), Err(ErrorKind::BrokenPipe));
    }
}
