//! The output of a remote command.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::thread;

use bytes::Bytes;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// The maximum number of packets that wait for a slow reader; a packet has at
/// most 32 KiB.
const QUEUED_PACKETS: usize = 16;

/// The destination of a remote command's output.
#[derive(Default)]
#[non_exhaustive]
pub enum Output {
    /// Discarded.
    #[default]
    Null,
    /// A local file, such as a terminal or a pipe.
    File(File),
    /// A writer, which may block.
    Writer(Box<dyn Write + Send>),
}

impl From<File> for Output {
    fn from(file: File) -> Self {
        Self::File(file)
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
            Self::Writer(_) => f.write_str("Writer"),
        }
    }
}

/// A writer on a thread of its own, because a blocking write must not stop the
/// connection. The thread starts with the first output.
pub(crate) enum OutputSink {
    Idle(Output),
    Running(Sender<Bytes>, oneshot::Receiver<io::Result<()>>),
    Failed,
}

impl OutputSink {
    pub(crate) fn new(output: Output) -> Self {
        Self::Idle(output)
    }

    /// Queues bytes for the writer; waits while the queue is full.
    pub(crate) async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        self.start()?;
        match self {
            Self::Running(sender, _) if sender.send(bytes).await.is_err() => self.finish().await,
            _ => Ok(()),
        }
    }

    /// Waits until everything is written.
    pub(crate) async fn finish(&mut self) -> io::Result<()> {
        match std::mem::replace(self, Self::Failed) {
            Self::Running(sender, done) => {
                drop(sender);
                done.await.unwrap_or_else(|_| Err(ErrorKind::Other.into()))
            }
            Self::Idle(_) | Self::Failed => Ok(()),
        }
    }

    fn start(&mut self) -> io::Result<()> {
        let Self::Idle(output) = self else {
            return Ok(());
        };
        let writer: Box<dyn Write + Send> = match std::mem::take(output) {
            Output::Null => return Ok(()),
            Output::File(file) => Box::new(file),
            Output::Writer(writer) => writer,
        };
        let (sender, receiver) = channel(QUEUED_PACKETS);
        let (report, done) = oneshot::channel();
        let write = move || {
            // The receiver is gone if the session was aborted.
            let _ = report.send(write_all(receiver, writer));
        };
        thread::Builder::new().name("stdout".to_owned()).spawn(write)?;
        *self = Self::Running(sender, done);
        Ok(())
    }
}

fn write_all(mut receiver: Receiver<Bytes>, mut writer: Box<dyn Write + Send>) -> io::Result<()> {
    while let Some(bytes) = receiver.blocking_recv() {
        writer.write_all(&bytes)?;
        if receiver.is_empty() {
            writer.flush()?;
        }
    }
    Ok(())
}
