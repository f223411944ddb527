//! Restores of exported volumes.

use std::sync::Arc;

use containai_core::archive::ArchiveSummary;
use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::engine::Engine as _;
use containai_core::naming::VolumeName;
use containai_docker::DockerEngine;

use crate::archive_file::Archive;
use crate::confirm::{Confirmation, require_confirmation};
use crate::context::Context;
use crate::error::ResultExt as _;
use crate::lock;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::restore::{VolumeRestore, verify};
use crate::volume_target::{PlaceQuery, VolumeTarget};

/// A restore of a volume from an archive that `cai export` wrote.
pub struct ArchiveRestore {
    context: Context,
    engine: DockerEngine,
    target: VolumeTarget,
    archive: Arc<Archive>,
    volume_exists: bool,
}

/// A restore without any change.
#[derive(Clone, Debug)]
pub struct RestorePreview {
    /// The content of the archive.
    pub summary: ArchiveSummary,
    /// The volume.
    pub volume: VolumeName,
    /// Whether the volume exists, and would be replaced.
    pub volume_exists: bool,
}

impl ArchiveRestore {
    /// Finds the volume.
    ///
    /// # Errors
    ///
    /// The container or the workspace does not exist, or the engine does not respond.
    pub async fn find(
        archive: Archive,
        query: &PlaceQuery,
        docker_host: Option<&str>,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let (context, target) = VolumeTarget::find(query, docker_host, env, reporter).await?;
        let engine = context.engine()?;
        let volume_exists = engine.has_volume(&target.volume).await?;
        Ok(Self { context, engine, target, archive: Arc::new(archive), volume_exists })
    }

    /// Verifies the whole archive.
    ///
    /// # Errors
    ///
    /// The archive is damaged or hostile.
    pub async fn preview(self) -> crate::Result<RestorePreview> {
        let verified = verify(&self.archive, &self.context.reporter).await;
        let summary = verified.with_context(|| self.error_message())?;
        Ok(RestorePreview {
            summary,
            volume: self.target.volume,
            volume_exists: self.volume_exists,
        })
    }

    /// Replaces the content of the volume.
    ///
    /// # Errors
    ///
    /// The restore was declined, a container with the volume is running, or the archive is invalid;
    /// the volume is unchanged then.
    pub async fn run(&self, confirmation: Confirmation) -> crate::Result<()> {
        let Self { context, engine, target, archive, volume_exists } = self;
        let (layout, reporter) = (&context.env.layout, &context.reporter);
        let _import = lock::acquire(&layout.import_lock(), "an import", reporter).await?;
        let workspace = format!("`{}`", target.workspace);
        let workspace_lock = layout.workspace_lock(&target.workspace);
        let _workspace = lock::acquire(&workspace_lock, &workspace, reporter).await?;
        target.finish_interrupted_restore(engine).await?;
        let restore = VolumeRestore { context, engine, target };
        restore.require_stopped().await?;
        if *volume_exists && confirmation == Confirmation::Ask {
            let question = format!("Replace all files on volume {}?", target.volume);
            let hint = "export the volume first with `cai export`, then repeat with `--force`";
            require_confirmation(reporter, &question, "nothing was restored", hint)?;
        }
        let restored = restore.run(archive).await;
        reporter.finish_work();
        if restored.is_err() && !volume_exists {
            // A new volume that cannot be removed is at least empty.
            let _ = engine.remove_volume(target.volume.as_ref()).await;
        }
        let totals = restored.with_context(|| self.error_message())?.totals;
        let size = HumanSize(ByteSize::from_bytes(totals.bytes));
        let (files, volume) = (totals.entries, &target.volume);
        reporter.say(&format!("restored {files} files, {size} to volume {volume}"));
        Ok(())
    }

    fn error_message(&self) -> String {
        format!("cannot restore `{}`", self.archive.path().display())
    }
}
