//! A volume gets back what was exported.

use std::io::{self, Write};
use std::sync::Arc;

use containai_core::archive::{self, ArchiveError, Limits, Totals, Transcript};
use containai_core::engine::RunState;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_docker::{DockerEngine, PieceWriter, Pieces, Room, Unpacking, VolumeError, pieces};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::archive_file::Archive;
use crate::context::Context;
use crate::error::OperationError;
use crate::gauge::Gauge;
use crate::interruption::{Interruption, interrupted};
use crate::place::Place;
use crate::report::Reporter;

/// Unpacks archives beside what volumes hold, and puts them in its place.
///
/// An archive is read once. It is judged member by member on its way to the
/// helper, which takes back all that it has unpacked unless the end comes, and
/// the end is sent only after everything was admitted.
pub struct Restoration<'a> {
    pub context: &'a Context,
    pub engine: &'a DockerEngine,
    pub place: &'a Place,
}

impl Restoration<'_> {
    /// Refuses while somebody runs with the volume, who would find other files
    /// under its feet.
    pub async fn require_rest(&self) -> crate::Result<()> {
        let is_awake =
            |state| matches!(state, RunState::Running | RunState::Paused | RunState::Restarting);
        let users = self.engine.users_of(&self.place.volume).await?;
        match users.iter().find(|user| is_awake(user.state)) {
            None => Ok(()),
            Some(user) => {
                let volume = &self.place.volume;
                let message = format!("container {} runs with volume {volume}", user.name);
                let command = format!("cai stop --container {}", user.name);
                let hint = Hint::run(&command, "stop it, then restore again");
                Err(OperationError::with_code(exit::FAILED, message).hint(hint).into())
            }
        }
    }

    /// Puts what is in the archive in place of all that the volume holds.
    pub async fn replace(&self, archive: &Arc<Archive>) -> crate::Result<Transcript> {
        let Self { context, engine, place } = self;
        let image = place.image(context, engine).await?;
        let mounted = place.mounted(&image, context, engine).await?;
        context.reporter.begin_work(&format!("restoring volume {}", place.volume));
        let mut interruption = Interruption::listen()?;
        let is_here = !context.address.is_elsewhere();
        let pipe = is_here.then(|| context.env.layout.restore_pipe(&place.volume));
        let mut unpacking = engine.unpack_volume(mounted, pipe).await?;
        let Room { bytes, files } = unpacking.room;
        let gauge = Arc::new(Gauge::default());
        let Pieces { sender, receiver } = pieces();
        let output = Stoppable { output: PieceWriter::new(sender), gauge: Arc::clone(&gauge) };
        let written = write(archive, output, Limits::within(bytes, files));
        let (unpacked, is_interrupted) = {
            let mut unpack = std::pin::pin!(unpacking.run(receiver));
            tokio::select! {
                unpacked = &mut unpack => (unpacked, false),
                never = gauge.show(&context.reporter) => match never {},
                () = interruption.comes() => {
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
            Err(_) if is_interrupted => Err(interrupted()),
            Err(error) => Err(reason(error, written).await),
        }
    }
}

/// Looks at all of an archive.
pub async fn verified(archive: &Arc<Archive>, reporter: &Reporter) -> crate::Result<Transcript> {
    reporter.begin_work("looking at the archive");
    let gauge = Arc::new(Gauge::default());
    let thread = {
        let (archive, gauge) = (Arc::clone(archive), Arc::clone(&gauge));
        spawn_blocking(move || archive.verified(&mut |it| gauge.set(it.bytes, it.entries)))
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
async fn reason(
    error: VolumeError,
    written: JoinHandle<crate::Result<Transcript>>,
) -> crate::Error {
    match written.await {
        Ok(Err(first)) if !matches!(first.find(), Some(ArchiveError::Write(_))) => first,
        _ => error.into(),
    }
}

/// Writes the archive anew on a thread of its own.
fn write(
    archive: &Arc<Archive>,
    output: Stoppable,
    limits: Limits,
) -> JoinHandle<crate::Result<Transcript>> {
    let archive = Arc::clone(archive);
    spawn_blocking(move || {
        let gauge = Arc::clone(&output.gauge);
        let mut progress = |totals: Totals| gauge.set(totals.bytes, totals.entries);
        let input = archive.read()?;
        Ok(archive::restore(input, output, limits, Unpacking::FRAME, &mut progress)?.1)
    })
}

/// Fails once nobody wants it any more.
struct Stoppable {
    output: PieceWriter,
    gauge: Arc<Gauge>,
}

impl Write for Stoppable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.gauge.is_stopped() {
            true => Err(io::ErrorKind::BrokenPipe.into()),
            false => self.output.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
