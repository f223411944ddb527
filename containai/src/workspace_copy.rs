//! The copy of a workspace on the machine of another engine.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::error::ResultExt as _;
use containai_core::engine::Container;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;
use containai_core::workspace_sync::{SyncBase, SyncState};
use containai_ssh::Session;
use containai_ssh::transfer::{CopyReport, RemoteWorkspace, Selection, TransferProgress};

mod pull;

pub use pull::{BothSides, WorkspaceCopy};

use crate::context::Context;
use crate::error::OperationError;
use crate::git;
use crate::report::Reporter;
use crate::signals::ShutdownSignal;

/// How many paths of a list are told.
const MAX_LISTED: usize = 10;

/// Where it is recorded what the copy was made of; `None` where the workspace
/// itself is mounted.
pub(crate) fn record_path(context: &Context, container: &Container) -> Option<PathBuf> {
    context.client.as_ref()?;
    let volume = container.labels.workspace_volume()?;
    Some(context.env.layout.workspace_sync_base(&context.address.to_string(), &volume))
}

/// Reads a record; `None` when nothing was copied from here.
pub(crate) fn read(path: &Path) -> crate::Result<Option<SyncBase>> {
    let shown = || format!("cannot use `{}`", path.display());
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).with_context(shown),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(shown),
    }
}

/// Writes a record; it appears whole or not at all.
pub(crate) fn write(path: &Path, record: &SyncBase) -> crate::Result<()> {
    let written = || -> std::io::Result<()> {
        let directory = path.parent().unwrap_or(Path::new("/"));
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let private = Permissions::from_mode(0o600);
        let mut file = tempfile::Builder::new().permissions(private).tempfile_in(directory)?;
        file.write_all(&serde_json::to_vec(record)?)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    written().with_context(|| format!("cannot write `{}`", path.display()))
}

/// Whether a command finds the workspace there without anything being done.
pub(crate) fn is_complete_copy(context: &Context, container: &Container) -> crate::Result<bool> {
    let Some(path) = record_path(context, container) else { return Ok(true) };
    Ok(read(&path)?.is_some_and(|record| record.state == SyncState::Complete))
}

/// Brings the workspace there unless it is: a copy that was interrupted is made
/// again, and one that holds anything else is left as it is.
pub(crate) async fn ensure_complete(
    context: &Context,
    container: &Container,
    workspace: &WorkspacePath,
    session: &Session,
) -> crate::Result<()> {
    let Some(path) = record_path(context, container) else { return Ok(()) };
    let meter = Arc::new(TransferProgress::default());
    let twin = RemoteWorkspace::new(session).with_progress(Arc::clone(&meter));
    let state = read(&path)?.map(|record| record.state);
    match (state, twin.is_empty().await?) {
        (Some(SyncState::Complete), false) => return Ok(()),
        (None, false) => {
            context.reporter.warn(
                "the workspace's volume holds files that were not brought from here; they are left as they are",
            );
            return Ok(());
        }
        _ => {}
    }
    let (part, left_out) = selection(workspace)?;
    context.reporter.begin_work(&format!("bringing `{workspace}` to the engine's machine"));
    let mut record = SyncBase {
        workspace: workspace.to_string(),
        state: SyncState::Incomplete,
        items: part.tree_state(workspace.as_path())?,
    };
    write(&path, &record)?;
    let mut interrupted = ShutdownSignal::listen_for(&context.reporter)?;
    let report = tokio::select! {
        report = twin.upload(workspace.as_path(), part) => report?,
        () = show_progress(&meter, &context.reporter) => CopyReport::default(),
        () = interrupted.received() => return Err(interrupted_error().into()),
    };
    context.reporter.finish_work();
    for failure in report.failures() {
        context.reporter.warn(&format!("left out: {failure}"));
    }
    print_paths(&context.reporter, "left out, as git ignores it:", &left_out);
    record.state = SyncState::Complete;
    write(&path, &record)
}

/// What of a workspace is brought: what git would keep and git's own
/// directory, or everything where there is no git; and what is left out.
pub(crate) fn selection(workspace: &WorkspacePath) -> crate::Result<(Selection, Vec<String>)> {
    let Some(listing) = git::list_files(workspace)? else {
        return Ok((Selection::Everything, Vec::new()));
    };
    let mut files = BTreeSet::new();
    let mut trees = BTreeSet::from([b".git".to_vec()]);
    for path in listing.kept {
        // A repository in the repository is one path to git.
        let is_tree =
            fs::symlink_metadata(workspace.as_path().join(&path)).is_ok_and(|it| it.is_dir());
        let path = path.trim_end_matches('/').as_bytes().to_vec();
        if is_tree {
            trees.insert(path)
        } else {
            files.insert(path)
        };
    }
    Ok((Selection::Only { files, trees }, listing.ignored))
}

/// Tells the first paths of a list.
pub fn print_paths(reporter: &Reporter, what: &str, paths: &[String]) {
    if paths.is_empty() {
        return;
    }
    reporter.say(what);
    for path in paths.iter().take(MAX_LISTED) {
        reporter.say(&format!("  {}", path.escape_debug()));
    }
    if let more @ 1.. = paths.len().saturating_sub(MAX_LISTED) {
        reporter.say(&format!("  and {more} more"));
    }
}

/// Shows how far it is; never ends.
pub async fn show_progress(meter: &TransferProgress, reporter: &Reporter) {
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    loop {
        tick.tick().await;
        let reading = meter.read();
        reporter.transfer(reading.bytes, reading.total, reading.files);
    }
}

pub(crate) fn interrupted_error() -> OperationError {
    OperationError::with_code(exit::INTERRUPTED, "interrupted")
        .hint(Hint::new("run the same command again: what is missing is brought then"))
}
