//! Bytes on their way between a thread that blocks and a task that does not.

use std::io::{self, ErrorKind, Read, Write};

use bytes::{Buf as _, Bytes};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// How many pieces may be on their way: with those of the engine's 16 KiB a few
/// mebibytes, so that neither side waits for the other at every piece.
const PIECES: usize = 256;
/// How big the pieces of a [`PieceWriter`] are.
const PIECE: usize = 128 << 10;

/// Both ends for one direction; drop the one that is not needed.
#[derive(Debug)]
pub struct Pieces {
    /// The end that a task feeds.
    pub sender: Sender<Bytes>,
    /// The end that a task is fed from.
    pub receiver: Receiver<Bytes>,
}

/// Makes a way for pieces.
#[must_use]
pub fn pieces() -> Pieces {
    let (sender, receiver) = mpsc::channel(PIECES);
    Pieces { sender, receiver }
}

/// Reads, on a thread, what a task sends. The end is where the task lets go.
#[derive(Debug)]
pub struct PieceReader {
    receiver: Receiver<Bytes>,
    piece: Bytes,
}

impl PieceReader {
    /// Reads from here.
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

/// Writes, on a thread, for a task to read. What was not flushed is lost.
#[derive(Debug)]
pub struct PieceWriter {
    sender: Sender<Bytes>,
    piece: Vec<u8>,
}

impl PieceWriter {
    /// Writes to here.
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
