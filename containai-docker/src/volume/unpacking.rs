//! Replacement of a volume's content.

use std::future::pending;
use std::io;
use std::path::PathBuf;

use bollard::container::LogOutput;
use bytes::Bytes;
use containai_core::engine::EngineError;
use containai_core::label;
use futures_util::TryStreamExt as _;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::unix::pipe::Sender;
use tokio::sync::mpsc::Receiver;

use super::errand::{Errand, Mounted};
use super::shortcut::Shortcut;
use super::{VolumeError, script};
use crate::engine::DockerEngine;

/// The free space of a file system.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Room {
    /// Free bytes.
    pub bytes: u64,
    /// Free inodes; `None` if the file system has no limit.
    pub files: Option<u64>,
}

/// A helper container that is ready to replace a volume's content. Nothing is written before
/// [`VolumeUnpacker::run`]. [`VolumeUnpacker::close`] has to follow.
pub struct Unpacking<'a> {
    helper: Errand<'a>,
    shortcut: Option<Shortcut>,
    /// The free space of the volume's file system.
    pub room: Room,
}

impl DockerEngine {
    /// Starts a helper container that is ready to unpack into a volume. No container that mounts
    /// the volume may be running. If the engine runs on this machine, `pipe` is the path of a
    /// directory to create for a named pipe, which bypasses the engine; its parent is accessible
    /// only to the user.
    ///
    /// # Errors
    ///
    /// - The engine's error of creating the container.
    /// - [`VolumeError::Failed`]: the image is not a ContainAI image.
    pub async fn unpack_volume(
        &self,
        mounted: Mounted<'_>,
        pipe: Option<PathBuf>,
    ) -> Result<Unpacking<'_>, VolumeError> {
        let (mut helper, shortcut) = self.unpacker(mounted, pipe).await?;
        let error = match room(&mut helper).await {
            Ok(Some(room)) => return Ok(Unpacking { helper, shortcut, room }),
            Ok(None) => match helper.status().await {
                Ok(status) => helper.failed(status),
                Err(error) => error.into(),
            },
            Err(error) => error.into(),
        };
        helper.remove().await?;
        if let Some(shortcut) = shortcut {
            shortcut.remove();
        }
        Err(error)
    }

    /// Starts a helper with a named pipe if the engine and the file system support that.
    async fn unpacker(
        &self,
        mounted: Mounted<'_>,
        pipe: Option<PathBuf>,
    ) -> Result<(Errand<'_>, Option<Shortcut>), EngineError> {
        let command = || vec![script::unpack()];
        if let Some(shortcut) = pipe.as_deref().and_then(Shortcut::make) {
            let started =
                Errand::start_beside(&shortcut, self, mounted, label::RESTORES, command()).await;
            match started {
                Ok(helper) => return Ok((helper, Some(shortcut))),
                Err(_) => shortcut.remove(),
            }
        }
        Ok((Errand::start(self, mounted, label::RESTORES, command()).await?, None))
    }
}

impl Unpacking<'_> {
    /// The directory that contains the tree of a stream, and the name of the empty file that ends
    /// it. A stream without that file changes nothing.
    pub const FRAME: (&'static str, &'static str) = (script::TREE, script::COMPLETE);

    /// Unpacks a tar archive and replaces the whole content of the volume by it.
    ///
    /// # Errors
    ///
    /// - [`VolumeError::Failed`]: the archive could not be unpacked; the volume was not changed.
    /// - The engine's error. If its response is lost, the helper container stays and has to be
    ///   started again to finish.
    pub async fn run(&mut self, mut pieces: Receiver<Bytes>) -> Result<(), VolumeError> {
        let helper = &mut self.helper;
        let engine = helper.engine();
        let mut input = std::mem::replace(&mut helper.input, Box::pin(tokio::io::sink()));
        let pipe = self.shortcut.as_ref().and_then(Shortcut::open);
        let feed = async {
            // If that fails, the helper has exited, and its status is the reason.
            let _ = pass_on(&mut pieces, &mut input, pipe).await;
            let _ = input.shutdown().await;
            // Closes the channel, so that the sender stops.
            drop(pieces);
            pending().await
        };
        let listen = async {
            while let Some(output) = helper.output.try_next().await? {
                helper.note(output.as_ref());
            }
            Ok(())
        };
        let heard = tokio::select! {
            heard = listen => heard,
            never = feed => never,
        };
        heard.map_err(|error| engine.failure(error))?;
        match helper.status().await? {
            0 => Ok(()),
            status => Err(helper.failed(status)),
        }
    }

    /// Removes the helper container.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn close(self) -> Result<(), EngineError> {
        self.helper.remove().await?;
        if let Some(shortcut) = self.shortcut {
            shortcut.remove();
        }
        Ok(())
    }
}

/// Starts the helper's operation and sends it the archive, through the named pipe if it is open.
async fn pass_on(
    pieces: &mut Receiver<Bytes>,
    input: &mut (dyn AsyncWrite + Send + Unpin),
    pipe: Option<Sender>,
) -> io::Result<()> {
    let Some(mut pipe) = pipe else {
        input.write_all(script::GO).await?;
        return pour(pieces, input).await;
    };
    input.write_all(script::GO_PIPE).await?;
    input.flush().await?;
    pour(pieces, &mut pipe).await
}

async fn pour(
    pieces: &mut Receiver<Bytes>,
    output: &mut (dyn AsyncWrite + Send + Unpin),
) -> io::Result<()> {
    while let Some(piece) = pieces.recv().await {
        output.write_all(&piece).await?;
    }
    Ok(())
}

/// Reads the free space from the helper's first line; `None` if it exits without one.
async fn room(helper: &mut Errand<'_>) -> Result<Option<Room>, EngineError> {
    let mut line = Vec::new();
    let engine = helper.engine();
    while let Some(output) =
        helper.output.try_next().await.map_err(|error| engine.failure(error))?
    {
        match output {
            LogOutput::StdOut { message } => line.extend_from_slice(&message),
            output => helper.note(output.as_ref()),
        }
        if line.ends_with(b"\n") {
            return Ok(parse(&line));
        }
    }
    Ok(None)
}

/// Parses `blocks size files`, as printed by `stat -f`.
fn parse(line: &[u8]) -> Option<Room> {
    let text = std::str::from_utf8(line).ok()?;
    let mut numbers = text.split_whitespace().map(str::parse::<u64>);
    let (blocks, size) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let files = numbers.next()?.ok()?;
    Some(Room {
        bytes: blocks.saturating_mul(size),
        // File systems without a fixed number of inodes report 0.
        files: (files > 0).then_some(files),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms() {
        let room = |bytes, files| Some(Room { bytes, files });
        assert_eq!(parse(b"6338644 4096 16046500\n"), room(25_963_085_824, Some(16_046_500)));
        assert_eq!(parse(b"1 4096 0\n"), room(4096, None));
        for bad in ["", "\n", "1 2\n", "a 1 2\n", "-1 1 1\n"] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
