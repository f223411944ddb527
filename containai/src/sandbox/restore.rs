//! Restores of a data volume.

use std::path::{Path, PathBuf};

use super::builder::SandboxBuilder;
use crate::archive_file::{Archive, DecryptionKeys};
use crate::confirm::ConfirmationMode;
use crate::error::ResultExt as _;
use crate::import::ArchiveRestore;
use crate::volume_target::VolumeQuery;

/// A restore of a workspace's data volume, created by
/// [`SandboxBuilder::restore`](super::SandboxBuilder::restore).
#[derive(Clone)]
#[must_use]
pub struct DataRestore {
    builder: SandboxBuilder,
    archive: PathBuf,
    keys: DecryptionKeys,
}

impl SandboxBuilder {
    /// Describes a restore of the workspace's data volume from a file that
    /// [`Sandbox::export`](super::Sandbox::export) or `cai export` wrote.
    pub fn restore(&self, archive: impl AsRef<Path>) -> DataRestore {
        DataRestore::new(self.clone(), archive.as_ref())
    }
}

impl DataRestore {
    pub(super) fn new(builder: SandboxBuilder, archive: &Path) -> Self {
        Self { builder, archive: archive.to_owned(), keys: DecryptionKeys::default() }
    }

    /// Sets the keys of an encrypted archive. Default: none.
    pub fn keys(mut self, keys: DecryptionKeys) -> Self {
        self.keys = keys;
        self
    }

    /// Replaces everything on the data volume with the content of the archive, without a question.
    /// The container must be stopped.
    ///
    /// The old content is removed after all of the new was unpacked; an interrupted restore is
    /// completed or undone by the next start, export or restore.
    ///
    /// # Errors
    ///
    /// - [`Error::Operation`](crate::Error::Operation): a container runs with the volume, or the
    ///   archive cannot be decrypted.
    /// - [`Error::Archive`](crate::Error::Archive): the file is damaged, or not an export.
    pub async fn run(self) -> crate::Result<()> {
        let (env, reporter) = (self.builder.env()?, self.builder.reporter().clone());
        let flags = self.builder.requested.flags()?;
        let (path, keys) = (env.directory.join(&self.archive), self.keys);
        let archive = Archive::open::<crate::Error>(path, |_| Ok(keys));
        let archive =
            archive.with_context(|| format!("cannot restore `{}`", self.archive.display()))?;
        let query = VolumeQuery {
            workspace: Some(self.builder.workspace().to_owned()),
            container: None,
            data_volume: flags.data_volume,
        };
        let docker_host = flags.docker_host.as_deref();
        let restore = ArchiveRestore::find(archive, &query, docker_host, &env, &reporter).await?;
        Box::pin(restore.run(ConfirmationMode::Skip)).await
    }
}
