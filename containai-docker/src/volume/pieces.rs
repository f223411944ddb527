//! A byte channel between a blocking thread and an asynchronous task.

use std::io::{self, ErrorKind, Read, Write};

use bytes::{Buf as _, Bytes};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Capacity of the channel in chunks: with the engine's chunks of 16 KiB a few MiB, so that neither
/// side waits for the other at every chunk.
const PIECES: usize = 256;
/// Size of the chunks of a [`ChannelWriter`] in bytes.
const PIECE: usize = 128 << 10;

/// Both ends of a byte channel.
#[derive(Debug)]
pub struct Pieces {
    /// The sending end.
    pub sender: Sender<Bytes>,
    /// The receiving end.
    pub receiver: Receiver<Bytes>,
}

/// Creates a byte channel.
#[must_use]
pub fn pieces() -> Pieces {
    let (sender, receiver) = mpsc::channel(PIECES);
    Pieces { sender, receiver }
}

/// A blocking reader of a channel. The data ends when the sender is dropped.
#[derive(Debug)]
pub struct PieceReader {
    receiver: Receiver<Bytes>,
    piece: Bytes,
}

impl PieceReader {
    /// Creates a reader of the channel.
    #[must_use]
    pub fn new(receiver: Receiver<Bytes>) -> Self {
        Self { receiver, piece: Bytes::new() }
    }
}

impl Read for PieceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

/// A blocking writer to a channel. Data that is not flushed is lost.
#[derive(Debug)]
pub struct PieceWriter {
    sender: Sender<Bytes>,
    piece: Vec<u8>,
}

impl PieceWriter {
    /// Creates a writer to the channel.
    #[must_use]
    pub fn new(sender: Sender<Bytes>) -> Self {
        Self { sender, piece: Vec::with_capacity(PIECE) }
    }
}

impl Write for PieceWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..length]);
        if self.piece.len() == PIECE {
            self.flush()?;
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        let sent = self.sender.blocking_send(piece.into());
        sent.map_err(|_| ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_arrives_in_order() {
        let Pieces { sender, receiver } = pieces();
        let content: Vec<u8> = (0..1_000_003_u32).map(|n| n.to_le_bytes()[1]).collect();
        let sent = content.clone();
        let thread = std::thread::spawn(move || {
            let mut writer = PieceWriter::new(sender);
            writer.write_all(&sent).and_then(|()| writer.flush())
        });
        let mut read = Vec::new();
        let outcome = PieceReader::new(receiver).read_to_end(&mut read);
        assert!(outcome.is_ok() && read == content);
        assert!(thread.join().is_ok_and(|written| written.is_ok()));
    }

    #[test]
    fn nobody_at_the_other_end_is_a_broken_pipe() {
        let Pieces { sender, receiver } = pieces();
        drop(receiver);
        let written = PieceWriter::new(sender).write_all(&[0; PIECE]);
        assert_eq!(written.map_err(|error| error.kind()), Err(ErrorKind::BrokenPipe));
    }
}
