//! Restoring a volume from an archive.

use std::io::{self, Write};
use std::sync::Arc;

use containai_core::archive::{self, ArchiveError, ArchiveSummary, Totals, UnpackLimits};
use containai_core::engine::RunState;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_docker::{
    ByteChannel, ChannelWriter, DockerEngine, FreeSpace, VolumeError, VolumeUnpacker, byte_channel,
};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::archive_file::Archive;
use crate::context::Context;
use crate::error::OperationError;
use crate::progress::Progress;
use crate::report::Reporter;
use crate::signals::{ShutdownSignal, interrupted_error};
use crate::volume_target::VolumeTarget;

/// A restore of an archive, which replaces the content of a volume.
///
/// The archive is read once, and each member is checked before it is sent to the helper
/// container. The helper unpacks beside the existing content and discards the result unless it
/// receives the end of the stream, which is sent only after all members were accepted.
pub struct VolumeRestore<'a> {
    /// The configuration, and where progress is reported.
    pub context: &'a Context,
    /// The engine that has the volume.
    pub engine: &'a DockerEngine,
    /// The volume.
    pub target: &'a VolumeTarget,
}

impl VolumeRestore<'_> {
    /// Checks that no running or paused container mounts the volume.
    ///
    /// # Errors
    ///
    /// A container that mounts the volume is running, or the engine fails.
    pub async fn require_stopped(&self) -> crate::Result<()> {
        let is_active =
            |state| matches!(state, RunState::Running | RunState::Paused | RunState::Restarting);
        let containers = self.engine.containers_mounting(&self.target.volume).await?;
        match containers.iter().find(|it| is_active(it.state)) {
            None => Ok(()),
            Some(container) => {
                let volume = &self.target.volume;
                let message =
                    format!("container {} is running and uses volume {volume}", container.name);
                let command = format!("cai stop --container {}", container.name);
                let hint = Hint::run(&command, "stop it, then restore again");
                Err(OperationError::with_code(exit::FAILED, message).hint(hint).into())
            }
        }
    }

    /// Replaces the content of the volume with the archive's.
    ///
    /// # Errors
    ///
    /// The archive is invalid or does not fit, or the engine fails; code 130 if interrupted. Unless
    /// the helper had already received everything, the volume is unchanged.
    pub async fn run(&self, archive: &Arc<Archive>) -> crate::Result<ArchiveSummary> {
        let Self { context, engine, target } = self;
        let image = target.image(context, engine).await?;
        let mounted = target.helper_mount(&image, context, engine).await?;
        context.reporter.begin_work(&format!("restoring volume {}", target.volume));
        let mut interrupt = ShutdownSignal::listen_for(&context.reporter)?;
        let is_local = !context.address.is_remote();
        let pipe = is_local.then(|| context.env.layout.restore_pipe_dir(&target.volume));
        let mut unpacker = engine.unpack_volume(mounted, pipe).await?;
        let FreeSpace { bytes, files } = unpacker.free_space;
        let progress = Arc::new(Progress::default());
        let ByteChannel { sender, receiver } = byte_channel();
        let output = CancellableWriter {
            output: ChannelWriter::new(sender),
            progress: Arc::clone(&progress),
        };
        let written = spawn_writer(archive, output, UnpackLimits::fitting(bytes, files));
        let (unpacked, is_interrupted) = {
            let mut unpack = std::pin::pin!(unpacker.run(receiver));
            tokio::select! {
                unpacked = &mut unpack => (unpacked, false),
                never = progress.show(&context.reporter) => match never {},
                () = interrupt.received() => {
                    progress.stop();
                    // The helper discards the result or, if it has received everything,
                    // finishes the restore.
                    (unpack.await, true)
                }
            }
        };
        // Otherwise the helper stays: it marks the volume as being restored.
        if matches!(unpacked, Ok(()) | Err(VolumeError::Failed { .. })) {
            unpacker.close().await?;
        }
        match unpacked {
            Ok(()) => written.await?,
            Err(_) if is_interrupted => Err(interrupted_error()),
            Err(error) => Err(failure_cause(error, written).await),
        }
    }
}

/// Reads a whole archive and checks it as strictly as a restore does.
///
/// # Errors
///
/// The archive is not an export, or is invalid.
pub async fn verify(archive: &Arc<Archive>, reporter: &Reporter) -> crate::Result<ArchiveSummary> {
    reporter.begin_work("checking the archive");
    let progress = Arc::new(Progress::default());
    let thread = {
        let (archive, progress) = (Arc::clone(archive), Arc::clone(&progress));
        spawn_blocking(move || archive.verify(&mut |it| progress.set(it.bytes, it.entries)))
    };
    let summary = tokio::select! {
        summary = thread => summary?,
        never = progress.show(reporter) => match never {},
    };
    reporter.finish_work();
    summary
}

/// Returns the first of two failures: a rejected archive makes the helper miss its end, and a
/// failed helper makes the thread's writes fail.
async fn failure_cause(
    error: VolumeError,
    written: JoinHandle<crate::Result<ArchiveSummary>>,
) -> crate::Error {
    match written.await {
        Ok(Err(first)) if !matches!(first.find(), Some(ArchiveError::Write(_))) => first,
        _ => error.into(),
    }
}

/// Checks and rewrites the archive on a separate thread.
fn spawn_writer(
    archive: &Arc<Archive>,
    output: CancellableWriter,
    limits: UnpackLimits,
) -> JoinHandle<crate::Result<ArchiveSummary>> {
    let archive = Arc::clone(archive);
    spawn_blocking(move || {
        let progress = Arc::clone(&output.progress);
        let mut report = |totals: Totals| progress.set(totals.bytes, totals.entries);
        let input = archive.read()?;
        Ok(archive::restore(input, output, limits, VolumeUnpacker::STREAM_LAYOUT, &mut report)?.1)
    })
}

/// A writer that fails after [`Progress::stop`].
struct CancellableWriter {
    output: ChannelWriter,
    progress: Arc<Progress>,
}

impl Write for CancellableWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.progress.is_stopped() {
            true => Err(io::ErrorKind::BrokenPipe.into()),
            false => self.output.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
