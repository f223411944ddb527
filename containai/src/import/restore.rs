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
use crate::report::{Reporter, escape_control};
use crate::restore::{VolumeRestore, verify};
use crate::volume_target::{VolumeQuery, VolumeTarget};

/// A restore of a volume from an archive that `cai export` wrote.
pub struct ArchiveRestore {
    context: Context,
    engine: DockerEngine,
    target: VolumeTarget,
    archive: Arc<Archive>,
    volume_exists: bool,
}

impl ArchiveRestore {
    /// Finds the volume.
    ///
    /// # Errors
    ///
    /// The container or the workspace does not exist, or the engine does not respond.
    pub async fn find(
        archive: Archive,
        query: &VolumeQuery,
        docker_host: Option<&str>,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let (context, target) = VolumeTarget::find(query, docker_host, env, reporter).await?;
        let engine = context.engine()?;
        let volume_exists = engine.has_volume(&target.volume).await?;
        Ok(Self { context, engine, target, archive: Arc::new(archive), volume_exists })
    }

    /// Verifies the whole archive; returns its content and the step of the restore, one text each.
    ///
    /// # Errors
    ///
    /// The archive is damaged or hostile.
    pub async fn preview(&self) -> crate::Result<Vec<String>> {
        let verified = verify(&self.archive, &self.context.reporter).await;
        let summary = verified.with_context(|| self.error_message())?;
        Ok(describe(&summary, &self.target.volume, self.volume_exists))
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

fn describe(summary: &ArchiveSummary, volume: &VolumeName, volume_exists: bool) -> Vec<String> {
    let (manifest, totals) = (&summary.manifest, summary.totals);
    let size = HumanSize(ByteSize::from_bytes(totals.bytes));
    let step = match volume_exists {
        false => format!("create volume {volume} from it"),
        true => format!("replace all files on volume {volume}"),
    };
    vec![
        format!("archive    {} files, {size}", totals.entries),
        format!("created    {} by cai {}", manifest.created, escape_control(&manifest.version)),
        format!("from       volume {}", escape_control(&manifest.volume)),
        format!("1. {step}"),
    ]
}

#[cfg(test)]
mod tests {
    use containai_core::archive::{ArchiveManifest, Totals};
    use containai_core::timestamp::Timestamp;

    use super::*;

    #[test]
    fn planned_restore_is_described() {
        let manifest = ArchiveManifest {
            volume: "old\u{1b}[2J".into(),
            created: Timestamp::from_unix(1_709_209_815),
            version: "0.1.0".into(),
        };
        let totals = Totals { bytes: 5 << 20, entries: 12 };
        let summary = ArchiveSummary { manifest, totals, dropped: Vec::new() };
        let volume = VolumeName::parse("api-data").expect("a name");
        insta::assert_snapshot!(describe(&summary, &volume, true).join("\n"), @r"
        archive    12 files, 5.0 MiB
        created    2024-02-29T12:30:15Z by cai 0.1.0
        from       volume old�[2J
        1. replace all files on volume api-data
        ");
    }
}
