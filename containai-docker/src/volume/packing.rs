//! A volume on its way out.

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

/// GNU tar's status when a file changed while it was read.
const CHANGED: i64 = 1;

/// What the helper found odd, line by line; untrusted.
pub type Complaints = Vec<String>;

/// A helper that waits to read a volume. [`Packing::close`] has to follow.
pub struct Packing<'a>(Errand<'a>);

impl DockerEngine {
    /// Gets ready to read a volume, which takes a moment; nothing is read yet.
    /// `left_out` are tar's options that say what does not come along.
    ///
    /// # Errors
    ///
    /// What the engine says to a new container.
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
    /// - [`VolumeError::Failed`]: not all of it could be read.
    /// - What the engine says.
    pub async fn run(&mut self, pieces: Sender<Bytes>) -> Result<Complaints, VolumeError> {
        let Self(helper) = self;
        let engine = helper.engine();
        let asked = async {
            helper.input.write_all(script::GO).await?;
            helper.input.shutdown().await
        };
        // Where that fails the helper has ended, and its status says why.
        let _ = asked.await;
        while let Some(output) =
            helper.output.try_next().await.map_err(|error| engine.failure(error))?
        {
            match output {
                LogOutput::StdOut { message } => {
                    if pieces.send(message).await.is_err() {
                        // Whoever reads has given up, and knows why.
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

    /// Takes the helper away.
    ///
    /// # Errors
    ///
    /// What the engine says.
    pub async fn close(self) -> Result<(), EngineError> {
        self.0.remove().await
    }
}
