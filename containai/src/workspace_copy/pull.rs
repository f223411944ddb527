//! Pulling changes from the workspace copy into the workspace.

use std::path::PathBuf;
use std::sync::Arc;

use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;
use containai_core::workspace_sync::{
    SyncBase, SyncState, ThreeWayDiff, TreeState, three_way_diff,
};
use containai_ssh::Session;
use containai_ssh::transfer::{
    CopyReport, Directory, RemoteWorkspace, TransferProgress, tree_state,
};

use super::{interrupted_error, read, show_progress, write};
use crate::error::OperationError;
use crate::report::Reporter;
use crate::signals::ShutdownSignal;

/// A workspace and its complete copy on a remote engine's machine.
pub struct WorkspaceCopy<'a> {
    workspace: &'a WorkspacePath,
    copy: RemoteWorkspace<'a>,
    progress: Arc<TransferProgress>,
    base: SyncBase,
    path: PathBuf,
}

/// The current state of both sides, and their differences to the sync base.
pub struct BothSides {
    local: TreeState,
    /// The state of the copy.
    pub remote: TreeState,
    /// The changes of each side since the sync base.
    pub diff: ThreeWayDiff,
}

impl<'a> WorkspaceCopy<'a> {
    /// Reads the sync base at `path`, the state when both sides were last equal.
    ///
    /// # Errors
    ///
    /// The copy was not made from this machine, is not complete, or its record cannot be read.
    pub fn open(
        session: &'a Session,
        workspace: &'a WorkspacePath,
        path: PathBuf,
    ) -> crate::Result<Self> {
        let base = read(&path)?.filter(|base| base.state == SyncState::Complete);
        let base = base.ok_or_else(not_copied_from_here)?;
        let progress = Arc::new(TransferProgress::default());
        let copy = RemoteWorkspace::new(session).with_progress(Arc::clone(&progress));
        Ok(Self { workspace, copy, progress, base, path })
    }

    /// Reads the state of both sides and compares it with the sync base.
    ///
    /// # Errors
    ///
    /// The connection fails, or files on this machine cannot be read.
    pub async fn compare(&self) -> crate::Result<BothSides> {
        let remote = self.copy.tree_state(&self.base.items).await?;
        let local = self.local_state(&remote)?;
        let diff = three_way_diff(&self.base.items, &local, &remote);
        Ok(BothSides { local, remote, diff })
    }

    /// Applies the changes of the copy to the workspace. Reports files that fail and continues;
    /// returns the exit code.
    ///
    /// # Errors
    ///
    /// The connection fails, or the sync base cannot be written; code 130 if interrupted.
    pub async fn pull(&mut self, sides: &BothSides, reporter: &Reporter) -> crate::Result<u8> {
        let BothSides { local, remote, diff } = sides;
        let root = self.workspace.as_path();
        let mut interrupt = ShutdownSignal::listen_for(reporter)?;
        let report = tokio::select! {
            report = self.copy.download(root, &diff.to_update, local, remote) => report?,
            () = show_progress(&self.progress, reporter) => CopyReport::default(),
            () = interrupt.received() => return Err(interrupted_error().into()),
        };
        reporter.finish_work();
        let mut code = exit::OK;
        for failure in report.into_failures() {
            code = exit::FAILED;
            reporter.error(&failure.into());
        }
        for path in &diff.to_remove {
            if let Err(error) = RemoteWorkspace::remove(root, path, local) {
                code = exit::FAILED;
                reporter.error(&error.into());
            }
        }
        let now = self.local_state(remote)?;
        self.base.update(&now, remote);
        write(&self.path, &self.base)?;
        Ok(code)
    }

    /// Returns the local state of all paths of the sync base and the copy.
    fn local_state(&self, remote: &TreeState) -> crate::Result<TreeState> {
        let root = Directory::open(self.workspace.as_path(), &[])?;
        let known = self.base.items.keys().chain(remote.keys());
        Ok(tree_state(&root, known.map(String::as_str))?)
    }
}

fn not_copied_from_here() -> OperationError {
    OperationError::with_code(
        exit::FAILED,
        "the workspace copy was not made from this machine, or is not complete",
    )
    .hint(Hint::run("cai run", "complete it"))
    .hint(Hint::new("copy single files with `cai cp NAME:path .`"))
}
