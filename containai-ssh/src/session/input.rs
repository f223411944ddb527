//! The standard input of a remote command.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc;
use std::thread;

use bytes::Bytes;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::stream_gate::{GatedReader, StreamGate};

/// The size of a read, in bytes: twice the capacity of a pipe in Linux, and
/// four packets.
const CHUNK: usize = 128 * 1024;
/// The maximum number of chunks that wait for the network.
const QUEUED_CHUNKS: usize = 4;

/// The source of a remote command's standard input.
#[derive(Default)]
#[non_exhaustive]
pub enum Input {
    /// No input.
    #[default]
    Null,
    /// A local file, such as a terminal or a pipe. It is not read after the
    /// command has ended.
    File(OwnedFd),
    /// Any other reader. If it blocks when the command ends, its thread remains
    /// until it returns.
    Reader(Box<dyn Read + Send>),
}

impl Input {
    /// Creates input from memory.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::Reader(Box::new(io::Cursor::new(bytes.into())))
    }

    /// Returns the file, if any.
    pub(crate) fn file(&self) -> Option<&OwnedFd> {
        match self {
            Self::File(file) => Some(file),
            _ => None,
        }
    }

    /// Starts to read on a thread of its own, because a blocking read must not
    /// stop the connection. `gate` takes what is read from a file during
    /// questions.
    pub(crate) fn start(self, gate: Option<StreamGate>) -> io::Result<InputChunks> {
        let (sender, receiver) = channel(QUEUED_CHUNKS);
        let stop = match self {
            Self::Null => None,
            Self::File(file) => {
                let (stopped, stop) = pipe_with(PipeFlags::CLOEXEC)?;
                let reader = StoppableFile { file: file.into(), stopped };
                spawn(sender, GatedReader { reader, gate })?;
                Some(stop)
            }
            Self::Reader(reader) => {
                spawn(sender, reader)?;
                None
            }
        };
        Ok(InputChunks { receiver, _stop: stop })
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
            Self::Reader(_) => f.write_str("Reader"),
        }
    }
}

/// The input read so far. Dropping it ends a thread that waits for a file.
pub(crate) struct InputChunks {
    receiver: Receiver<Bytes>,
    _stop: Option<OwnedFd>,
}

impl InputChunks {
    /// Returns the next chunk; `None` at the end. A read error ends the stream,
    /// as in most programs.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        self.receiver.recv().await
    }
}

/// A file that ends when the other end of a pipe is closed.
struct StoppableFile {
    file: File,
    stopped: OwnedFd,
}

impl Read for StoppableFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut fds = [
            PollFd::new(&self.file, PollFlags::IN),
            PollFd::from_borrowed_fd(self.stopped.as_fd(), PollFlags::IN),
        ];
        poll(&mut fds, None)?;
        if !fds[1].revents().is_empty() {
            return Ok(0);
        }
        self.file.read(buffer)
    }
}

fn spawn(sender: Sender<Bytes>, mut reader: impl Read + Send + 'static) -> io::Result<()> {
    let read = move || {
        let (home, returned) = mpsc::channel();
        loop {
            let mut buffer = returned.try_recv().unwrap_or_else(|_| vec![0; CHUNK]);
            let length = match reader.read(&mut buffer) {
                Ok(0) => return,
                Ok(length) => length,
                Err(error) if is_transient(&error) => {
                    let _ = home.send(buffer);
                    continue;
                }
                Err(_) => return,
            };
            let chunk = InputChunk { buffer, length, recycled: home.clone() };
            if sender.blocking_send(Bytes::from_owner(chunk)).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("stdin".to_owned()).spawn(read)?;
    Ok(())
}

/// A chunk of input, in a buffer that is reused after it was sent: a new one
/// would be zeroed first, and allocated by the kernel each time.
struct InputChunk {
    buffer: Vec<u8>,
    length: usize,
    recycled: mpsc::Sender<Vec<u8>>,
}

impl AsRef<[u8]> for InputChunk {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl Drop for InputChunk {
    fn drop(&mut self) {
        // The reader is gone at the end.
        let _ = self.recycled.send(std::mem::take(&mut self.buffer));
    }
}

/// `WouldBlock` occurs if another process has set `O_NONBLOCK` on a shared
/// file; polling waits for the next byte.
fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock)
}
