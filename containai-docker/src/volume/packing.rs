//! Reading a volume as a tar archive.

use bollard::container::LogOutput;
use bytes::Bytes;
use containai_core::engine::EngineError;
use containai_core::label;
use futures_util::TryStreamExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc::Sender;

use super::errand::{Errand, Mounted};
use super::{VolumeError, script};
use crate::engine::DockerEngine;

/// GNU tar's status if a file changed while it was read.
const CHANGED: i64 = 1;

/// Warnings of tar in the helper container, by line; untrusted.
pub type Complaints = Vec<String>;

/// A helper container that is ready to read a volume. [`VolumePacker::close`] has to follow.
pub struct Packing<'a>(Errand<'a>);

impl DockerEngine {
    /// Starts a helper container that is ready to read a volume; nothing is read yet. `excludes`
    /// are options of tar that exclude files.
    ///
    /// # Errors
    ///
    /// The engine's error of creating the container.
    pub async fn pack_volume(
        &self,
        mounted: Mounted<'_>,
        left_out: Vec<String>,
    ) -> Result<Packing<'_>, EngineError> {
        let mut command = vec![script::pack(), "pack".to_owned()];
        command.extend(left_out);
        Ok(Packing(Errand::start(self, mounted, label::PACKS, command).await?))
    }
}

impl Packing<'_> {
    /// Reads the volume as a tar archive.
    ///
    /// # Errors
    ///
    /// - [`VolumeError::Failed`]: some files could not be read.
    /// - The engine's error.
    pub async fn run(&mut self, pieces: Sender<Bytes>) -> Result<Complaints, VolumeError> {
        let Self(helper) = self;
        let engine = helper.engine();
        let asked = async {
            helper.input.write_all(script::GO).await?;
            helper.input.shutdown().await
        };
        // If that fails, the helper has exited, and its status is the reason.
        let _ = asked.await;
        while let Some(output) =
            helper.output.try_next().await.map_err(|error| engine.failure(error))?
        {
            match output {
                LogOutput::StdOut { message } => {
                    if pieces.send(message).await.is_err() {
                        // The receiver was dropped because of its own error.
                        return Ok(Vec::new());
                    }
                }
                output => helper.note(output.as_ref()),
            }
        }
        drop(pieces);
        match helper.status().await? {
            0 | CHANGED => Ok(helper.complaints()),
            status => Err(helper.failed(status)),
        }
    }

    /// Removes the helper container.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn close(self) -> Result<(), EngineError> {
        self.0.remove().await
    }
}
