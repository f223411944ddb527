//! Making an archive of a volume.

use std::sync::Arc;

use containai_core::archive::{
    self, ArchiveError, ArchiveManifest, ArchiveSummary, Totals, tar_exclude_options,
};
use containai_core::byte_size::{ByteSize, HumanSize};
use containai_docker::{ByteChannel, ChannelReader, DockerEngine, VolumePacker, byte_channel};
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

/// How volumes are exported.
pub struct VolumeExport<'a> {
    pub context: &'a Context,
    pub engine: &'a DockerEngine,
    /// What does not come along.
    pub excludes: Vec<String>,
    pub encryption: Encryption,
}

impl VolumeExport<'_> {
    /// Makes the file, whole or not at all.
    pub async fn run(&self, place: &VolumeTarget, to: &ArchiveDestination) -> crate::Result<()> {
        let Self { context, engine, .. } = self;
        let (volume, reporter) = (&place.volume, &context.reporter);
        if !engine.has_volume(volume).await? {
            return Err(not_found(&format!("there is no volume `{volume}`")).into());
        }
        let draft = to.create_temporary()?;
        let _turns =
            volume_lock::lock_volume(engine, volume, &place.workspace, &context.env, reporter)
                .await?;
        place.finish_interrupted_restore(engine).await?;
        let image = place.image(context, engine).await?;
        let mounted = place.helper_mount(&image, context, engine).await?;
        reporter.begin_work(&format!("exporting volume {volume}"));
        let mut packing = engine.pack_volume(mounted, tar_exclude_options(&self.excludes)).await?;
        let gauge = Arc::new(Progress::default());
        let work = async {
            let sink =
                ArchiveWriter::new(draft.reopen()?, to.compression, self.encryption.clone())?;
            let ByteChannel { sender, receiver } = byte_channel();
            let written =
                spawn_writer(ChannelReader::new(receiver), sink, export_manifest(place), &gauge);
            // From here on somebody may have to be woken.
            let mut interruption = ShutdownSignal::listen_for(reporter)?;
            let standstill = PausedContainers::pause(engine, place, reporter).await?;
            let packed = tokio::select! {
                packed = packing.run(sender) => packed,
                never = gauge.show(reporter) => match never {},
                () = interruption.received() => return standstill.unpause().await.and(Err(interrupted_error())),
            };
            standstill.unpause().await?;
            let complaints = packed?;
            let written = tokio::select! {
                written = written => written??,
                () = interruption.received() => return Err(interrupted_error()),
            };
            crate::Result::Ok((written, complaints))
        };
        let outcome = work.await;
        close_helper(packing).await;
        reporter.finish_work();
        let (transcript, complaints) = outcome?;
        to.persist(draft)?;
        report(reporter, place, to, &transcript, &complaints);
        Ok(())
    }
}

/// Packs on a thread of its own.
fn spawn_writer(
    input: ChannelReader,
    sink: ArchiveWriter,
    manifest: ArchiveManifest,
    gauge: &Arc<Progress>,
) -> JoinHandle<Result<ArchiveSummary, ArchiveError>> {
    let gauge = Arc::clone(gauge);
    spawn_blocking(move || {
        let mut progress = |totals: Totals| gauge.set(totals.bytes, totals.entries);
        let (sink, transcript) = archive::export(input, sink, manifest, &mut progress)?;
        sink.finish().map_err(ArchiveError::Write)?;
        Ok(transcript)
    })
}

fn export_manifest(place: &VolumeTarget) -> ArchiveManifest {
    ArchiveManifest {
        volume: place.volume.to_string(),
        created: host_facts::now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// What is still there is swept up later.
async fn close_helper(packing: VolumePacker<'_>) {
    let _ = packing.close().await;
}

fn report(
    reporter: &Reporter,
    place: &VolumeTarget,
    to: &ArchiveDestination,
    transcript: &ArchiveSummary,
    complaints: &[String],
) {
    for dropped in &transcript.dropped {
        reporter.warn(&format!("`{}` {}", dropped.path.display(), dropped.reason));
    }
    for complaint in complaints {
        reporter.warn(complaint);
    }
    let Totals { bytes, entries } = transcript.totals;
    let size = HumanSize(ByteSize::from_bytes(bytes));
    let (volume, file) = (&place.volume, to.file.display());
    reporter.say(&format!("exported {entries} files, {size}, from volume {volume} to `{file}`"));
}
