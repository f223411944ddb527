//! The archive of a build context, streamed to the engine.

use std::io::{self, ErrorKind, Write};

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::build_context::{BuildContext, header};
use crate::recipe::ContextPart;

/// Number of bytes packed at a time.
const CHUNK_SIZE: usize = 256 * 1024;

/// Packs a context on a separate thread while the engine reads the archive, so that it is never in
/// memory as a whole. The handle returns the error of packing.
pub(super) fn stream(
    parts: Vec<ContextPart>,
) -> (impl Stream<Item = io::Result<Bytes>> + Send + 'static, JoinHandle<io::Result<()>>) {
    let (sender, receiver) = mpsc::channel(4);
    let packing = tokio::task::spawn_blocking(move || {
        let outcome = pack(&parts, sender.clone());
        if outcome.is_err() {
            // A stream that just ends would look complete.
            let _ = sender.blocking_send(Err(io::Error::other("the context cannot be read")));
        }
        outcome
    });
    let chunks = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    (chunks, packing)
}

fn pack(parts: &[ContextPart], sender: mpsc::Sender<io::Result<Bytes>>) -> io::Result<()> {
    let mut archive =
        tar::Builder::new(io::BufWriter::with_capacity(CHUNK_SIZE, ChunkSender(sender)));
    for part in parts {
        match part {
            ContextPart::Directory { dir: place, prefix } => {
                let directory = BuildContext::open(place).map_err(|error| {
                    let shown = place.root.join(&place.subpath);
                    io::Error::new(error.kind(), format!("`{}`: {error}", shown.display()))
                })?;
                directory.pack(prefix, &mut archive)?;
            }
            ContextPart::File { path, mode, content } => {
                let mut header = header(tar::EntryType::Regular, content.len() as u64, *mode);
                archive.append_data(&mut header, path, content.as_slice())?;
            }
            ContextPart::Link { path, target } => {
                let mut header = header(tar::EntryType::Symlink, 0, 0o777);
                archive.append_link(&mut header, path, target)?;
            }
        }
    }
    archive.into_inner()?.flush()
}

struct ChunkSender(mpsc::Sender<io::Result<Bytes>>);

impl Write for ChunkSender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let chunk = Bytes::copy_from_slice(bytes);
        // The receiver is closed when the build has failed.
        self.0.blocking_send(Ok(chunk)).map_err(|_| ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
