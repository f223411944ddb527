//! Exporting a volume to an archive.

use std::sync::Arc;

use containai_core::archive::{
    self, ArchiveError, ArchiveManifest, ArchiveSummary, Totals, tar_exclude_options,
};
use containai_core::byte_size::{ByteSize, HumanSize};
use containai_docker::{ByteChannel, ChannelReader, DockerEngine, VolumePacker, byte_channel};
use tempfile::NamedTempFile;
use tokio::task::{JoinHandle, spawn_blocking};

use super::destination::ArchiveDestination;
use super::paused::PausedContainers;
use crate::archive_file::{ArchiveWriter, Encryption};
use crate::context::Context;
use crate::progress::Progress;
use crate::report::Reporter;
use crate::signals::{ShutdownSignal, interrupted_error};
use crate::target::not_found;
use crate::volume_target::VolumeTarget;
use crate::{host_facts, volume_lock};

/// The options of an export.
pub struct VolumeExport<'a> {
    /// The configuration, and where progress is reported.
    pub context: &'a Context,
    /// The engine that has the volume.
    pub engine: &'a DockerEngine,
    /// The patterns of excluded paths.
    pub excludes: Vec<String>,
    /// The encryption of the archive.
    pub encryption: Encryption,
}

impl VolumeExport<'_> {
    /// Exports the volume. The archive appears complete or not at all.
    ///
    /// # Errors
    ///
    /// The volume does not exist, or the engine or the file system fails; code 130 if interrupted.
    pub async fn run(
        &self,
        target: &VolumeTarget,
        destination: &ArchiveDestination,
    ) -> crate::Result<()> {
        let Self { context, engine, .. } = self;
        let (volume, reporter) = (&target.volume, &context.reporter);
        if !engine.has_volume(volume).await? {
            return Err(not_found(&format!("volume `{volume}` does not exist")).into());
        }
        let temporary = destination.create_temporary()?;
        let _locks =
            volume_lock::lock_volume(engine, volume, &target.workspace, &context.env, reporter)
                .await?;
        target.finish_interrupted_restore(engine).await?;
        let image = target.image(context, engine).await?;
        let mounted = target.helper_mount(&image, context, engine).await?;
        reporter.begin_work(&format!("exporting volume {volume}"));
        let mut packer = engine.pack_volume(mounted, tar_exclude_options(&self.excludes)).await?;
        let outcome = self.write(&mut packer, target, destination, &temporary).await;
        close_helper(packer).await;
        reporter.finish_work();
        let (summary, warnings) = outcome?;
        destination.persist(temporary)?;
        report(reporter, target, destination, &summary, &warnings);
        Ok(())
    }

    /// Writes the archive to a temporary file while the containers are paused.
    async fn write(
        &self,
        packer: &mut VolumePacker<'_>,
        target: &VolumeTarget,
        destination: &ArchiveDestination,
        temporary: &NamedTempFile,
    ) -> crate::Result<(ArchiveSummary, Vec<String>)> {
        let Self { context, engine, encryption, .. } = self;
        let reporter = &context.reporter;
        let progress = Arc::new(Progress::default());
        let file = temporary.reopen()?;
        let writer = ArchiveWriter::new(file, destination.compression, encryption.clone())?;
        let ByteChannel { sender, receiver } = byte_channel();
        let input = ChannelReader::new(receiver);
        let written = spawn_writer(input, writer, export_manifest(target), &progress);
        // From here on an interruption must unpause the containers.
        let mut interrupt = ShutdownSignal::listen_for(reporter)?;
        let paused = PausedContainers::pause(engine, target, reporter).await?;
        let packed = tokio::select! {
            packed = packer.run(sender) => packed,
            never = progress.show(reporter) => match never {},
            () = interrupt.received() => {
                return paused.unpause().await.and(Err(interrupted_error()));
            }
        };
        paused.unpause().await?;
        let warnings = packed?;
        let summary = tokio::select! {
            written = written => written??,
            () = interrupt.received() => return Err(interrupted_error()),
        };
        Ok((summary, warnings))
    }
}

/// Compresses and encrypts on a separate thread.
fn spawn_writer(
    input: ChannelReader,
    writer: ArchiveWriter,
    manifest: ArchiveManifest,
    progress: &Arc<Progress>,
) -> JoinHandle<Result<ArchiveSummary, ArchiveError>> {
    let progress = Arc::clone(progress);
    spawn_blocking(move || {
        let mut report = |totals: Totals| progress.set(totals.bytes, totals.entries);
        let (writer, summary) = archive::export(input, writer, manifest, &mut report)?;
        writer.finish().map_err(ArchiveError::Write)?;
        Ok(summary)
    })
}

fn export_manifest(target: &VolumeTarget) -> ArchiveManifest {
    ArchiveManifest {
        volume: target.volume.to_string(),
        created: host_facts::now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Removes the helper container; a leftover is removed by the next command.
async fn close_helper(packer: VolumePacker<'_>) {
    let _ = packer.close().await;
}

fn report(
    reporter: &Reporter,
    target: &VolumeTarget,
    destination: &ArchiveDestination,
    summary: &ArchiveSummary,
    warnings: &[String],
) {
    for dropped in &summary.dropped {
        reporter.warn(&format!("`{}` {}", dropped.path.display(), dropped.reason));
    }
    for warning in warnings {
        reporter.warn(warning);
    }
    let Totals { bytes, entries } = summary.totals;
    let size = HumanSize(ByteSize::from_bytes(bytes));
    let (volume, file) = (&target.volume, destination.file.display());
    reporter.say(&format!("exported {entries} files, {size}, from volume {volume} to `{file}`"));
}
