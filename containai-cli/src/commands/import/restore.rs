//! A volume gets back what was exported.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use containai_core::archive::{self, ArchiveError, Limits, Totals, Transcript};
use containai_core::engine::{RunState, Storage as _};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_docker::{DockerEngine, PieceWriter, Pieces, Room, Unpacking, VolumeError, pieces};
use tokio::task::{JoinHandle, spawn_blocking};

use super::super::export::{mend, read_passphrase, watch};
use super::super::place::Place;
use super::command::ImportArgs;
use crate::app::Global;
use crate::archive_file::{Keys, SealedFor, Source};
use crate::context::Context;
use crate::env::Env;
use crate::error::CliError;
use crate::gauge::Gauge;
use crate::interruption::{Interruption, interrupted};
use crate::ui::Ui;
use crate::wire::restore::Before;
use crate::{lock, wire};

/// What the disk keeps free whatever is restored.
const RESERVE: u64 = 64 << 20;
/// What a file takes beside its content: an inode and a part of a block.
const OVERHEAD: u64 = 4096;

/// What a restore needs beside the archive.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RestoreArgs {
    /// The file with the `age` identity that an archive is encrypted to
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// The file with the passphrase of an archive in its first line
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Replace what is on the volume without asking
    #[arg(long)]
    force: bool,
}

impl RestoreArgs {
    pub(super) fn is_given(&self) -> bool {
        self.identity.is_some() || self.passphrase_file.is_some() || self.force
    }
}

/// Verifies all of the archive first; then it is unpacked beside what the
/// volume holds, and put in its place.
pub(super) async fn run(
    args: ImportArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    if args.chooses() {
        let message = "an archive is restored whole: nothing can be chosen or left out";
        return Err(CliError::usage(message).into());
    }
    let path = env.directory.join(args.from.unwrap_or_default());
    let (context, place) = Place::find(&args.place, global, env, ui).await?;
    let engine = context.engine()?;
    let source = Arc::new(Source::open(&path)?);
    let keys = keys(&source, &args.restore, env, ui).with_context(|| cannot(&path))?;
    let found = verified(&source, &keys, ui).await.with_context(|| cannot(&path))?;
    let before = match engine.has_volume(&place.volume).await? {
        true => Before::Something,
        false => Before::Nothing,
    };
    if args.dry_run {
        ui.data(&wire::restore::plan(&found, &place.volume, before))?;
        return Ok(ExitCode::SUCCESS);
    }
    let _import = lock::hold(&env.layout.import_lock(), "an import", ui).await?;
    let of_workspace = env.layout.workspace_lock(&place.workspace);
    let _workspace = lock::hold(&of_workspace, &format!("`{}`", place.workspace), ui).await?;
    mend(&engine, &place).await?;
    require_rest(&engine, &place).await?;
    if before == Before::Something && !args.restore.force {
        require_consent(&place, ui)?;
    }
    let outcome = replace(&context, &engine, &place, (&source, &keys), &found).await;
    ui.finish_work();
    if outcome.is_err() && before == Before::Nothing {
        // What was made for nothing; where it cannot go it is empty.
        let _ = engine.remove_volume(place.volume.as_ref()).await;
    }
    outcome.with_context(|| cannot(&path))?;
    ui.say(&wire::restore::done(&found, &place.volume));
    Ok(ExitCode::SUCCESS)
}

fn cannot(path: &Path) -> String {
    format!("cannot restore `{}`", path.display())
}

/// Reads or asks for what opens the archive.
fn keys(source: &Source, args: &RestoreArgs, env: &Env, ui: &Ui) -> anyhow::Result<Keys> {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| env.directory.join(path));
    let identities = match path(&args.identity) {
        None => None,
        Some(path) => Some(
            std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read `{}`", path.display()))?
                .into(),
        ),
    };
    let passphrase = match (path(&args.passphrase_file), source.sealed_for()?) {
        (Some(path), _) => Some(read_passphrase(&path)?),
        (None, SealedFor::Passphrase) => Some(ui.secret("Passphrase of the archive")?),
        (None, _) => None,
    };
    Ok(Keys { passphrase, identities })
}

/// Looks at all of the archive.
async fn verified(source: &Arc<Source>, keys: &Keys, ui: &Ui) -> anyhow::Result<Transcript> {
    ui.begin_work("looking at the archive");
    let gauge = Arc::new(Gauge::default());
    let thread = {
        let (source, keys, gauge) = (Arc::clone(source), keys.clone(), Arc::clone(&gauge));
        spawn_blocking(move || {
            let input = source.read(&keys)?;
            let mut progress = |totals: Totals| gauge.set(totals.bytes, totals.entries);
            anyhow::Ok(archive::verify(input, Limits::MOST, &mut progress)?)
        })
    };
    let found = tokio::select! {
        found = thread => found?,
        never = watch(&gauge, ui) => match never {},
    };
    ui.finish_work();
    found
}

/// Whoever runs with the volume would find other files under its feet.
async fn require_rest(engine: &DockerEngine, place: &Place) -> anyhow::Result<()> {
    let is_awake =
        |state| matches!(state, RunState::Running | RunState::Paused | RunState::Restarting);
    let users = engine.users_of(&place.volume).await?;
    match users.iter().find(|user| is_awake(user.state)) {
        None => Ok(()),
        Some(user) => {
            let message = format!("container {} runs with volume {}", user.name, place.volume);
            let command = format!("cai stop --container {}", user.name);
            let hint = Hint::run(&command, "stop it, then restore again");
            Err(CliError::with_code(exit::FAILED, message).hint(hint).into())
        }
    }
}

fn require_consent(place: &Place, ui: &Ui) -> anyhow::Result<()> {
    let volume = &place.volume;
    if !ui.terminals().can_ask() {
        let message = format!("there is nobody to ask whether volume {volume} may be replaced");
        let hint = Hint::new("export it first with `cai export`, and insist with `--force`");
        return Err(CliError::usage(message).hint(hint).into());
    }
    match ui.ask(&format!("Replace all that is on volume {volume}?")) {
        true => Ok(()),
        false => Err(CliError::with_code(exit::FAILED, "nothing was restored").into()),
    }
}

async fn replace(
    context: &Context<'_>,
    engine: &DockerEngine,
    place: &Place,
    (source, keys): (&Arc<Source>, &Keys),
    found: &Transcript,
) -> anyhow::Result<()> {
    let image = place.image(context, engine).await?;
    let mounted = place.mounted(&image, context, engine).await?;
    context.ui.begin_work(&format!("restoring volume {}", place.volume));
    let mut interruption = Interruption::listen()?;
    let mut unpacking = engine.unpack_volume(mounted).await?;
    let limits = match limits(unpacking.room, found.totals) {
        Ok(limits) => limits,
        Err(error) => {
            unpacking.close().await?;
            return Err(error.into());
        }
    };
    let gauge = Arc::new(Gauge::default());
    let Pieces { sender, receiver } = pieces();
    let written = write(PieceWriter::new(sender), (source, keys), limits, &gauge);
    let (unpacked, is_interrupted) = {
        let mut unpack = std::pin::pin!(unpacking.run(receiver));
        tokio::select! {
            unpacked = &mut unpack => (unpacked, false),
            never = watch(&gauge, context.ui) => match never {},
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
        Ok(()) => Ok(()),
        Err(_) if is_interrupted => Err(interrupted()),
        Err(error) => Err(reason(error, written).await),
    }
}

/// Where the archive was given up the helper only missed its end; where the
/// helper failed the thread found nobody to write to.
async fn reason(error: VolumeError, written: JoinHandle<anyhow::Result<()>>) -> anyhow::Error {
    match written.await {
        Ok(Err(first)) if !matches!(first.downcast_ref(), Some(ArchiveError::Write(_))) => first,
        _ => error.into(),
    }
}

/// What may be unpacked: what was seen in the archive, when there is room.
fn limits(room: Room, found: Totals) -> Result<Limits, ArchiveError> {
    let files = room.files.unwrap_or(u64::MAX);
    if found.entries > files {
        return Err(ArchiveError::TooMany { limit: files });
    }
    let free = room.bytes.saturating_sub(RESERVE);
    match found.bytes.saturating_add(found.entries.saturating_mul(OVERHEAD)) <= free {
        true => Ok(Limits { bytes: found.bytes, entries: found.entries }),
        false => Err(ArchiveError::TooBig { limit: free }),
    }
}

/// Writes the archive anew on a thread of its own.
fn write(
    output: PieceWriter,
    (source, keys): (&Arc<Source>, &Keys),
    limits: Limits,
    gauge: &Arc<Gauge>,
) -> JoinHandle<anyhow::Result<()>> {
    let (source, keys, gauge) = (Arc::clone(source), keys.clone(), Arc::clone(gauge));
    spawn_blocking(move || {
        let output = Stoppable { output, gauge: Arc::clone(&gauge) };
        let mut progress = |totals: Totals| gauge.set(totals.bytes, totals.entries);
        archive::restore(source.read(&keys)?, output, limits, Unpacking::FRAME, &mut progress)?;
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_before_anything_is_written() {
        let found = Totals { bytes: 1 << 20, entries: 10 };
        let check = |bytes, files, expected: &str| {
            let limits = limits(Room { bytes, files }, found);
            assert_eq!(
                limits.map_or_else(|error| error.to_string(), |it| format!("{it:?}")),
                expected
            );
        };
        check(1 << 30, None, "Limits { bytes: 1048576, entries: 10 }");
        check(1 << 30, Some(9), "the archive holds more than 9 files");
        check(RESERVE + 5, Some(10), "the archive holds more than the 5 bytes that are free");
        check(0, None, "the archive holds more than the 0 bytes that are free");
    }
}
