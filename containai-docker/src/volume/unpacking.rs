//! Replacement of a volume's content.

use std::future::pending;
use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use containai_core::engine::EngineError;
use containai_core::label;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::unix::pipe::Sender;
use tokio::sync::mpsc::Receiver;

use super::fifo::NamedPipe;
use super::{VolumeError, VolumeHelperSpec, script};
use crate::engine::DockerEngine;
use crate::helper_container::RunningHelper;

/// The free space of a file system.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FreeSpace {
    /// Free bytes.
    pub bytes: u64,
    /// Free inodes; `None` if the file system has no limit.
    pub files: Option<u64>,
}

/// A helper container that is ready to replace a volume's content. Nothing is written before
/// [`VolumeUnpacker::run`]. [`VolumeUnpacker::close`] has to follow.
pub struct VolumeUnpacker<'a> {
    helper: RunningHelper<'a>,
    volume: String,
    pipe: Option<NamedPipe>,
    /// The free space of the volume's file system.
    pub free_space: FreeSpace,
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
        spec: VolumeHelperSpec<'_>,
        pipe: Option<PathBuf>,
    ) -> Result<VolumeUnpacker<'_>, VolumeError> {
        let (mut helper, named_pipe) = self.start_unpacker(spec, pipe).await?;
        let volume = spec.volume.to_string();
        let error = match read_free_space(&mut helper).await {
            Ok(Some(free_space)) => {
                return Ok(VolumeUnpacker { helper, volume, pipe: named_pipe, free_space });
            }
            Ok(None) => match helper.wait_exit().await {
                Ok(status) => VolumeError::from_exit(&volume, status, &helper),
                Err(error) => error.into(),
            },
            Err(error) => error.into(),
        };
        helper.remove().await?;
        if let Some(named_pipe) = named_pipe {
            named_pipe.remove();
        }
        Err(error)
    }

    /// Starts a helper with a named pipe if the engine and the file system support that.
    async fn start_unpacker(
        &self,
        spec: VolumeHelperSpec<'_>,
        pipe: Option<PathBuf>,
    ) -> Result<(RunningHelper<'_>, Option<NamedPipe>), EngineError> {
        let helper = spec.script_helper(self.client_id(), label::RESTORES, vec![script::unpack()]);
        if let Some(named_pipe) = pipe.as_deref().and_then(NamedPipe::create) {
            let with_pipe = helper.clone().with_bind(named_pipe.bind());
            match RunningHelper::start(self, with_pipe).await {
                Ok(helper) => return Ok((helper, Some(named_pipe))),
                Err(_) => named_pipe.remove(),
            }
        }
        Ok((RunningHelper::start(self, helper).await?, None))
    }
}

impl VolumeUnpacker<'_> {
    /// The directory that contains the tree of a stream, and the name of the empty file that ends
    /// it. A stream without that file changes nothing.
    pub const STREAM_LAYOUT: (&'static str, &'static str) = (script::TREE, script::COMPLETE);

    /// Unpacks a tar archive and replaces the whole content of the volume by it.
    ///
    /// # Errors
    ///
    /// - [`VolumeError::Failed`]: the archive could not be unpacked; the volume was not changed.
    /// - The engine's error. If its response is lost, the helper container stays and has to be
    ///   started again to finish.
    pub async fn run(&mut self, mut chunks: Receiver<Bytes>) -> Result<(), VolumeError> {
        let helper = &mut self.helper;
        let mut input = helper.take_input();
        let pipe = self.pipe.as_ref().and_then(NamedPipe::open_writer);
        let feed = async {
            // If that fails, the helper has exited, and its status is the reason.
            let _ = send_archive(&mut chunks, &mut input, pipe).await;
            let _ = input.shutdown().await;
            // Closes the channel, so that the sender stops.
            drop(chunks);
            pending::<()>().await;
        };
        tokio::select! {
            drained = helper.drain_output() => drained?,
            () = feed => {}
        }
        match helper.wait_exit().await? {
            0 => Ok(()),
            status => Err(VolumeError::from_exit(&self.volume, status, helper)),
        }
    }

    /// Removes the helper container.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn close(self) -> Result<(), EngineError> {
        self.helper.remove().await?;
        if let Some(named_pipe) = self.pipe {
            named_pipe.remove();
        }
        Ok(())
    }
}

/// Starts the helper's operation and sends it the archive, through the named pipe if it is open.
async fn send_archive(
    chunks: &mut Receiver<Bytes>,
    input: &mut (dyn AsyncWrite + Send + Unpin),
    pipe: Option<Sender>,
) -> io::Result<()> {
    let Some(mut pipe) = pipe else {
        input.write_all(script::START).await?;
        return copy_chunks(chunks, input).await;
    };
    input.write_all(script::START_FROM_PIPE).await?;
    input.flush().await?;
    copy_chunks(chunks, &mut pipe).await
}

async fn copy_chunks(
    chunks: &mut Receiver<Bytes>,
    output: &mut (dyn AsyncWrite + Send + Unpin),
) -> io::Result<()> {
    while let Some(chunk) = chunks.recv().await {
        output.write_all(&chunk).await?;
    }
    Ok(())
}

/// Reads the free space from the helper's first line; `None` if it exits without one.
async fn read_free_space(helper: &mut RunningHelper<'_>) -> Result<Option<FreeSpace>, EngineError> {
    let mut line = Vec::new();
    while let Some(chunk) = helper.next_stdout().await? {
        line.extend_from_slice(&chunk);
        if line.ends_with(b"\n") {
            return Ok(parse_free_space(&line));
        }
    }
    Ok(None)
}

/// Parses `blocks size files`, as printed by `stat -f`.
fn parse_free_space(line: &[u8]) -> Option<FreeSpace> {
    let text = std::str::from_utf8(line).ok()?;
    let mut numbers = text.split_whitespace().map(str::parse::<u64>);
    let (blocks, size) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let files = numbers.next()?.ok()?;
    Some(FreeSpace {
        bytes: blocks.saturating_mul(size),
        // File systems without a fixed number of inodes report 0.
        files: (files > 0).then_some(files),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_space_is_parsed() {
        let free = |bytes, files| Some(FreeSpace { bytes, files });
        assert_eq!(
            parse_free_space(b"6338644 4096 16046500\n"),
            free(25_963_085_824, Some(16_046_500))
        );
        assert_eq!(parse_free_space(b"1 4096 0\n"), free(4096, None));
        for bad in ["", "\n", "1 2\n", "a 1 2\n", "-1 1 1\n"] {
            assert_eq!(parse_free_space(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
