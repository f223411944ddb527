//! Reading a volume as a tar archive.

use bytes::Bytes;
use containai_core::engine::EngineError;
use containai_core::label;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc::Sender;

use super::{VolumeError, VolumeHelperSpec, script};
use crate::engine::DockerEngine;
use crate::helper_container::RunningHelper;

/// GNU tar's status if a file changed while it was read.
const FILE_CHANGED: i64 = 1;

/// Warnings of tar in the helper container, by line; untrusted.
pub type TarWarnings = Vec<String>;

/// A helper container that is ready to read a volume. [`VolumePacker::close`] has to follow.
pub struct VolumePacker<'a> {
    helper: RunningHelper<'a>,
    volume: String,
}

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
        let helper = spec.script_helper(self.client_id(), label::PACKS, command);
        let helper = RunningHelper::start(self, helper).await?;
        Ok(VolumePacker { helper, volume: spec.volume.to_string() })
    }
}

impl VolumePacker<'_> {
    /// Reads the volume as a tar archive.
    ///
    /// # Errors
    ///
    /// - [`VolumeError::Failed`]: some files could not be read.
    /// - The engine's error.
    pub async fn run(&mut self, chunks: Sender<Bytes>) -> Result<TarWarnings, VolumeError> {
        let Self { helper, volume } = self;
        let mut input = helper.take_input();
        let start = async {
            input.write_all(script::START).await?;
            input.shutdown().await
        };
        // If that fails, the helper has exited, and its status is the reason.
        let _ = start.await;
        while let Some(chunk) = helper.next_stdout().await? {
            if chunks.send(chunk).await.is_err() {
                // The receiver was dropped because of its own error.
                return Ok(Vec::new());
            }
        }
        drop(chunks);
        match helper.wait_exit().await? {
            0 | FILE_CHANGED => Ok(helper.stderr_lines()),
            status => Err(VolumeError::from_exit(volume, status, helper)),
        }
    }

    /// Removes the helper container.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn close(self) -> Result<(), EngineError> {
        self.helper.remove().await
    }
}
