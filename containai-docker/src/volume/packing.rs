//! Reading a volume as a tar archive.

use bollard::container::LogOutput;
use bytes::Bytes;
use containai_core::engine::EngineError;
use containai_core::label;
use futures_util::TryStreamExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc::Sender;

use super::helper::{HelperContainer, VolumeHelperSpec};
use super::{VolumeError, script};
use crate::engine::DockerEngine;

/// GNU tar's status if a file changed while it was read.
const FILE_CHANGED: i64 = 1;

/// Warnings of tar in the helper container, by line; untrusted.
pub type TarWarnings = Vec<String>;

/// A helper container that is ready to read a volume. [`VolumePacker::close`] has to follow.
pub struct VolumePacker<'a>(HelperContainer<'a>);

impl DockerEngine {
    /// Starts a helper container that is ready to read a volume; nothing is read yet. `excludes`
    /// are options of tar that exclude files.
    ///
    /// # Errors
    ///
    /// The engine's error of creating the container.
    pub async fn pack_volume(
        &self,
        spec: VolumeHelperSpec<'_>,
        excludes: Vec<String>,
    ) -> Result<VolumePacker<'_>, EngineError> {
        let mut command = vec![script::pack(), "pack".to_owned()];
        command.extend(excludes);
        Ok(VolumePacker(HelperContainer::start(self, spec, label::PACKS, command).await?))
    }
}

impl VolumePacker<'_> {
    /// Reads the volume as a tar archive.
    ///
    /// # Errors
    ///
    /// - [`VolumeError::Failed`]: some files could not be read.
    /// - The engine's error.
    pub async fn run(&mut self, pieces: Sender<Bytes>) -> Result<TarWarnings, VolumeError> {
        let Self(helper) = self;
        let engine = helper.engine();
        let asked = async {
            helper.input.write_all(script::START).await?;
            helper.input.shutdown().await
        };
        // If that fails, the helper has exited, and its status is the reason.
        let _ = asked.await;
        while let Some(output) =
            helper.output.try_next().await.map_err(|error| engine.map_error(error))?
        {
            match output {
                LogOutput::StdOut { message } => {
                    if pieces.send(message).await.is_err() {
                        // The receiver was dropped because of its own error.
                        return Ok(Vec::new());
                    }
                }
                output => helper.push_stderr(output.as_ref()),
            }
        }
        drop(pieces);
        match helper.wait_exit().await? {
            0 | FILE_CHANGED => Ok(helper.stderr_lines()),
            status => Err(helper.exit_error(status)),
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
