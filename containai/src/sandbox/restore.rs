//! Restores of a data volume.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use containai_core::engine::Engine as _;

use super::builder::SandboxBuilder;
use crate::archive_file::{Archive, DecryptionKeys};
use crate::error::ResultExt as _;
use crate::lock;
use crate::restore::VolumeRestore;
use crate::volume_target::{VolumeQuery, VolumeTarget};

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
    /// [`Sandbox::export`] or `cai export` wrote.
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
        let shown = format!("cannot restore `{}`", self.archive.display());
        let keys = self.keys;
        let archive =
            Archive::open::<crate::Error>(env.directory.join(&self.archive), |_| Ok(keys));
        let archive = Arc::new(archive.with_context(|| shown.clone())?);
        let query = VolumeQuery {
            workspace: Some(self.builder.workspace().to_owned()),
            container: None,
            data_volume: flags.data_volume,
        };
        let (context, target) =
            VolumeTarget::find(&query, flags.docker_host.as_deref(), &env, &reporter).await?;
        let engine = context.engine()?;
        let _import = lock::acquire(&env.layout.import_lock(), "an import", &reporter).await?;
        let lock = env.layout.workspace_lock(&target.workspace);
        let _workspace =
            lock::acquire(&lock, &format!("`{}`", target.workspace), &reporter).await?;
        target.finish_interrupted_restore(&engine).await?;
        let existed = engine.has_volume(&target.volume).await?;
        let restore = VolumeRestore { context: &context, engine: &engine, target: &target };
        restore.require_stopped().await?;
        let restored = restore.run(&archive).await;
        reporter.finish_work();
        if restored.is_err() && !existed {
            // The volume was created for the restore. If it cannot be removed, it is empty.
            let _ = engine.remove_volume(target.volume.as_ref()).await;
        }
        restored.map(drop).with_context(|| shown)
    }
}
