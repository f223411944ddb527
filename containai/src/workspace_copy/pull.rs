//! From the copy back to the workspace.

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

/// A workspace and the complete copy of it that a session leads to.
pub struct WorkspaceCopy<'a> {
    workspace: &'a WorkspacePath,
    copy: RemoteWorkspace<'a>,
    meter: Arc<TransferProgress>,
    record: SyncBase,
    path: PathBuf,
}

/// Both sides as they are, and what is to be done about it.
pub struct BothSides {
    local: TreeState,
    /// What the copy has.
    pub there: TreeState,
    /// What has changed on which side.
    pub diff: ThreeWayDiff,
}

impl<'a> WorkspaceCopy<'a> {
    /// Reads what was recorded at `path` when both sides were last the same.
    pub fn open(
        session: &'a Session,
        workspace: &'a WorkspacePath,
        path: PathBuf,
    ) -> crate::Result<Self> {
        let record = read(&path)?.filter(|record| record.state == SyncState::Complete);
        let record = record.ok_or_else(not_copied_from_here)?;
        let meter = Arc::new(TransferProgress::default());
        let twin = RemoteWorkspace::new(session).with_progress(Arc::clone(&meter));
        Ok(Self { workspace, copy: twin, meter, record, path })
    }

    /// Looks at both sides.
    pub async fn compare(&self) -> crate::Result<BothSides> {
        let there = self.copy.tree_state(&self.record.items).await?;
        let here = self.local_state(&there)?;
        let found = three_way_diff(&self.record.items, &here, &there);
        Ok(BothSides { local: here, there, diff: found })
    }

    /// Writes and removes here what was found. What fails is listed, and the
    /// rest is done.
    pub async fn pull(&mut self, sides: &BothSides, reporter: &Reporter) -> crate::Result<u8> {
        let BothSides { local: here, there, diff: found } = sides;
        let root = self.workspace.as_path();
        let report = tokio::select! {
            report = self.copy.download(root, &found.to_update, here, there) => report?,
            () = show_progress(&self.meter, reporter) => CopyReport::default(),
            _ = tokio::signal::ctrl_c() => return Err(interrupted_error().into()),
        };
        reporter.finish_work();
        let mut code = exit::OK;
        for failure in report.into_failures() {
            code = exit::FAILED;
            reporter.error(&failure.into());
        }
        for path in &found.to_remove {
            if let Err(error) = RemoteWorkspace::remove(root, path, here) {
                code = exit::FAILED;
                reporter.error(&error.into());
            }
        }
        let now = self.local_state(there)?;
        self.record.update(&now, there);
        write(&self.path, &self.record)?;
        Ok(code)
    }

    /// What is here of all that was or is on either side.
    fn local_state(&self, there: &TreeState) -> crate::Result<TreeState> {
        let root = Directory::open(self.workspace.as_path(), &[])?;
        let known = self.record.items.keys().chain(there.keys());
        Ok(tree_state(&root, known.map(String::as_str))?)
    }
}

fn not_copied_from_here() -> OperationError {
    OperationError::with_code(
        exit::FAILED,
        "the copy was not made from this machine, or is not complete",
    )
    .hint(Hint::run("cai run", "complete it"))
    .hint(Hint::new("copy single files with `cai cp NAME:path .`"))
}
