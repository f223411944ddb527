//! A volume gets back what was exported.

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

/// Unpacks archives beside what volumes hold, and puts them in its place.
///
/// An archive is read once. It is judged member by member on its way to the
/// helper, which takes back all that it has unpacked unless the end comes, and
/// the end is sent only after everything was admitted.
pub struct VolumeRestore<'a> {
    pub context: &'a Context,
    pub engine: &'a DockerEngine,
    pub target: &'a VolumeTarget,
}

impl VolumeRestore<'_> {
    /// Refuses while somebody runs with the volume, who would find other files
    /// under its feet.
    pub async fn require_stopped(&self) -> crate::Result<()> {
        let is_awake =
            |state| matches!(state, RunState::Running | RunState::Paused | RunState::Restarting);
        let users = self.engine.containers_mounting(&self.target.volume).await?;
        match users.iter().find(|user| is_awake(user.state)) {
            None => Ok(()),
            Some(user) => {
                let volume = &self.target.volume;
                let message = format!("container {} runs with volume {volume}", user.name);
                let command = format!("cai stop --container {}", user.name);
                let hint = Hint::run(&command, "stop it, then restore again");
                Err(OperationError::with_code(exit::FAILED, message).hint(hint).into())
            }
        }
    }

    /// Puts what is in the archive in place of all that the volume holds.
    pub async fn run(&self, archive: &Arc<Archive>) -> crate::Result<ArchiveSummary> {
        let Self { context, engine, target: place } = self;
        let image = place.image(context, engine).await?;
        let mounted = place.helper_mount(&image, context, engine).await?;
        context.reporter.begin_work(&format!("restoring volume {}", place.volume));
        let mut interruption = ShutdownSignal::listen_for(&context.reporter)?;
        let is_here = !context.address.is_remote();
        let pipe = is_here.then(|| context.env.layout.restore_pipe_dir(&place.volume));
        let mut unpacking = engine.unpack_volume(mounted, pipe).await?;
        let FreeSpace { bytes, files } = unpacking.free_space;
        let gauge = Arc::new(Progress::default());
        let ByteChannel { sender, receiver } = byte_channel();
        let output =
            CancellableWriter { output: ChannelWriter::new(sender), progress: Arc::clone(&gauge) };
        let written = spawn_writer(archive, output, UnpackLimits::fitting(bytes, files));
        let (unpacked, is_interrupted) = {
            let mut unpack = std::pin::pin!(unpacking.run(receiver));
            tokio::select! {
                unpacked = &mut unpack => (unpacked, false),
                never = gauge.show(&context.reporter) => match never {},
                () = interruption.received() => {
                    gauge.stop();
                    // The helper takes back what it has unpacked or, when all of
                    // it was there already, brings it to its end.
                    (unpack.await, true)
                }
            }
        };
        // Else it stays, as the mark of what it was at.
        if matches!(unpacked, Ok(()) | Err(VolumeError::Failed { .. })) {
            unpacking.close().await?;
        }
        match unpacked {
            Ok(()) => written.await?,
            Err(_) if is_interrupted => Err(interrupted_error()),
            Err(error) => Err(failure_cause(error, written).await),
        }
    }
}

/// Looks at all of an archive.
pub async fn verify(archive: &Arc<Archive>, reporter: &Reporter) -> crate::Result<ArchiveSummary> {
    reporter.begin_work("looking at the archive");
    let gauge = Arc::new(Progress::default());
    let thread = {
        let (archive, gauge) = (Arc::clone(archive), Arc::clone(&gauge));
        spawn_blocking(move || archive.verify(&mut |it| gauge.set(it.bytes, it.entries)))
    };
    let found = tokio::select! {
        found = thread => found?,
        never = gauge.show(reporter) => match never {},
    };
    reporter.finish_work();
    found
}

/// Where the archive was given up the helper only missed its end; where the
/// helper failed the thread found nobody to write to.
async fn failure_cause(
    error: VolumeError,
    written: JoinHandle<crate::Result<ArchiveSummary>>,
) -> crate::Error {
    match written.await {
        Ok(Err(first)) if !matches!(first.find(), Some(ArchiveError::Write(_))) => first,
        _ => error.into(),
    }
}

/// Writes the archive anew on a thread of its own.
fn spawn_writer(
    archive: &Arc<Archive>,
    output: CancellableWriter,
    limits: UnpackLimits,
) -> JoinHandle<crate::Result<ArchiveSummary>> {
    let archive = Arc::clone(archive);
    spawn_blocking(move || {
        let gauge = Arc::clone(&output.progress);
        let mut progress = |totals: Totals| gauge.set(totals.bytes, totals.entries);
        let input = archive.read()?;
        Ok(archive::restore(input, output, limits, VolumeUnpacker::STREAM_LAYOUT, &mut progress)?.1)
    })
}

/// Fails once nobody wants it any more.
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
