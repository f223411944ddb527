//! Making an archive of a volume.

use std::sync::Arc;

use containai_core::archive::{self, ArchiveError, Manifest, Totals, Transcript, left_out};
use containai_core::byte_size::{ByteSize, HumanSize};
use containai_docker::{DockerEngine, Packing, PieceReader, Pieces, pieces};
use tokio::task::{JoinHandle, spawn_blocking};

use super::destination::Destination;
use super::standstill::Standstill;
use crate::archive_file::{Seal, Sink};
use crate::context::Context;
use crate::gauge::Gauge;
use crate::interruption::{Interruption, interrupted};
use crate::place::Place;
use crate::report::Reporter;
use crate::target::missing;
use crate::{host, turns};

/// How volumes are exported.
pub struct Export<'a> {
    pub context: &'a Context,
    pub engine: &'a DockerEngine,
    /// What does not come along.
    pub left_out: Vec<String>,
    pub seal: Seal,
}

impl Export<'_> {
    /// Makes the file, whole or not at all.
    pub async fn run(&self, place: &Place, to: &Destination) -> crate::Result<()> {
        let Self { context, engine, .. } = self;
        let (volume, reporter) = (&place.volume, &context.reporter);
        if !engine.has_volume(volume).await? {
            return Err(missing(&format!("there is no volume `{volume}`")).into());
        }
        let draft = to.draft()?;
        let _turns =
            turns::at_volume(engine, volume, &place.workspace, &context.env, reporter).await?;
        place.mend(engine).await?;
        let image = place.image(context, engine).await?;
        let mounted = place.mounted(&image, context, engine).await?;
        reporter.begin_work(&format!("exporting volume {volume}"));
        let mut packing = engine.pack_volume(mounted, left_out(&self.left_out)).await?;
        let gauge = Arc::new(Gauge::default());
        let work = async {
            let sink = Sink::new(draft.reopen()?, to.packing, self.seal.clone())?;
            let Pieces { sender, receiver } = pieces();
            let written = write(PieceReader::new(receiver), sink, manifest(place), &gauge);
            // From here on somebody may have to be woken.
            let mut interruption = Interruption::listen()?;
            let standstill = Standstill::begin(engine, place, reporter).await?;
            let packed = tokio::select! {
                packed = packing.run(sender) => packed,
                never = gauge.show(reporter) => match never {},
                () = interruption.comes() => return standstill.end().await.and(Err(interrupted())),
            };
            standstill.end().await?;
            let complaints = packed?;
            let written = tokio::select! {
                written = written => written??,
                () = interruption.comes() => return Err(interrupted()),
            };
            crate::Result::Ok((written, complaints))
        };
        let outcome = work.await;
        close(packing).await;
        reporter.finish_work();
        let (transcript, complaints) = outcome?;
        to.put(draft)?;
        tell(reporter, place, to, &transcript, &complaints);
        Ok(())
    }
}

/// Packs on a thread of its own.
fn write(
    input: PieceReader,
    sink: Sink,
    manifest: Manifest,
    gauge: &Arc<Gauge>,
) -> JoinHandle<Result<Transcript, ArchiveError>> {
    let gauge = Arc::clone(gauge);
    spawn_blocking(move || {
        let mut progress = |totals: Totals| gauge.set(totals.bytes, totals.entries);
        let (sink, transcript) = archive::export(input, sink, manifest, &mut progress)?;
        sink.finish().map_err(ArchiveError::Write)?;
        Ok(transcript)
    })
}

fn manifest(place: &Place) -> Manifest {
    Manifest {
        volume: place.volume.to_string(),
        made: host::now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// What is still there is swept up later.
async fn close(packing: Packing<'_>) {
    let _ = packing.close().await;
}

fn tell(
    reporter: &Reporter,
    place: &Place,
    to: &Destination,
    transcript: &Transcript,
    complaints: &[String],
) {
    for dropped in &transcript.dropped {
        reporter.warn(&format!("`{}` {}", dropped.path.show(), dropped.reason));
    }
    for complaint in complaints {
        reporter.warn(complaint);
    }
    let Totals { bytes, entries } = transcript.totals;
    let size = HumanSize(ByteSize::from_bytes(bytes));
    let (volume, file) = (&place.volume, to.file.display());
    reporter.say(&format!("exported {entries} files, {size}, from volume {volume} to `{file}`"));
}
