//! The copy of a workspace on the machine of a remote engine.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;

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
use crate::report::Reporter;
use crate::signals::ShutdownSignal;
use crate::{git, private_file};

/// The number of paths of a list that are reported.
const MAX_LISTED: usize = 10;

/// Returns the path of the sync base of a container's workspace copy; `None` if the workspace
/// itself is mounted.
pub(crate) fn record_path(context: &Context, container: &Container) -> Option<PathBuf> {
    context.client.as_ref()?;
    let volume = container.labels.workspace_volume()?;
    Some(context.env.layout.workspace_sync_base(&context.address.to_string(), &volume))
}

/// Reads a sync base; `None` if the copy was not made from this machine.
pub(crate) fn read(path: &Path) -> crate::Result<Option<SyncBase>> {
    let shown = || format!("cannot read `{}`", path.display());
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).with_context(shown),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(shown),
    }
}

/// Writes a sync base atomically.
pub(crate) fn write(path: &Path, record: &SyncBase) -> crate::Result<()> {
    private_file::write(path, &serde_json::to_string(record)?)
        .with_context(|| format!("cannot write `{}`", path.display()))
}

/// Returns whether the workspace copy is complete, or not needed.
pub(crate) fn is_complete_copy(context: &Context, container: &Container) -> crate::Result<bool> {
    let Some(path) = record_path(context, container) else { return Ok(true) };
    Ok(read(&path)?.is_some_and(|record| record.state == SyncState::Complete))
}

/// Uploads the workspace unless its copy is complete. An interrupted copy is repeated; a volume
/// with files of another origin is kept as it is.
pub(crate) async fn ensure_complete(
    context: &Context,
    container: &Container,
    workspace: &WorkspacePath,
    session: &Session,
) -> crate::Result<()> {
    let Some(path) = record_path(context, container) else { return Ok(()) };
    let progress = Arc::new(TransferProgress::default());
    let copy = RemoteWorkspace::new(session).with_progress(Arc::clone(&progress));
    let state = read(&path)?.map(|record| record.state);
    match (state, copy.is_empty().await?) {
        (Some(SyncState::Complete), false) => return Ok(()),
        (None, false) => {
            context.reporter.warn(
                "the workspace's volume contains files that were not copied from this machine; they are kept",
            );
            return Ok(());
        }
        _ => {}
    }
    let (selection, ignored) = selection(workspace)?;
    context.reporter.begin_work(&format!("copying `{workspace}` to the engine's machine"));
    let mut record = SyncBase {
        workspace: workspace.to_string(),
        state: SyncState::Incomplete,
        items: selection.tree_state(workspace.as_path())?,
    };
    write(&path, &record)?;
    let mut interrupt = ShutdownSignal::listen_for(&context.reporter)?;
    let report = tokio::select! {
        report = copy.upload(workspace.as_path(), selection) => report?,
        () = show_progress(&progress, &context.reporter) => CopyReport::default(),
        () = interrupt.received() => return Err(interrupted_error().into()),
    };
    context.reporter.finish_work();
    for failure in report.failures() {
        context.reporter.warn(&format!("skipped: {failure}"));
    }
    report_paths(&context.reporter, "skipped because git ignores them:", &ignored);
    record.state = SyncState::Complete;
    write(&path, &record)
}

/// Selects the files to copy: the files that git does not ignore and the `.git` directory, or
/// everything outside a repository. Returns them and the ignored paths.
pub(crate) fn selection(workspace: &WorkspacePath) -> crate::Result<(Selection, Vec<String>)> {
    let Some(listing) = git::list_files(workspace)? else {
        return Ok((Selection::Everything, Vec::new()));
    };
    let mut files = BTreeSet::new();
    let mut trees = BTreeSet::from([b".git".to_vec()]);
    for path in listing.files {
        // git lists a nested repository as one path.
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

/// Reports `heading` and the first ten paths; nothing for an empty list.
pub fn report_paths(reporter: &Reporter, heading: &str, paths: &[String]) {
    if paths.is_empty() {
        return;
    }
    reporter.say(heading);
    for path in paths.iter().take(MAX_LISTED) {
        reporter.say(&format!("  {}", path.escape_debug()));
    }
    if let more @ 1.. = paths.len().saturating_sub(MAX_LISTED) {
        reporter.say(&format!("  and {more} more"));
    }
}

/// Reports the progress of a transfer every 100 ms, forever.
pub async fn show_progress(progress: &TransferProgress, reporter: &Reporter) {
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    loop {
        tick.tick().await;
        let current = progress.read();
        reporter.transfer(current.bytes, current.total, current.files);
    }
}

pub(crate) fn interrupted_error() -> OperationError {
    OperationError::with_code(exit::INTERRUPTED, "interrupted")
        .hint(Hint::new("run the same command again to copy the rest"))
}
