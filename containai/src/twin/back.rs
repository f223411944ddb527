//! From the copy back to the workspace.

use std::path::PathBuf;
use std::sync::Arc;

use containai_core::copy::{Comparison, CopyRecord, CopyState, Inventory, compare};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;
use containai_ssh::Session;
use containai_ssh::transfer::{Directory, Meter, Report, Twin, inventory};

use super::{interrupted, read, watch, write};
use crate::error::OperationError;
use crate::report::Reporter;

/// A workspace and the complete copy of it that a session leads to.
pub struct TwinCopy<'a> {
    workspace: &'a WorkspacePath,
    twin: Twin<'a>,
    meter: Arc<Meter>,
    record: CopyRecord,
    path: PathBuf,
}

/// Both sides as they are, and what is to be done about it.
pub struct Sides {
    here: Inventory,
    /// What the copy has.
    pub there: Inventory,
    /// What has changed on which side.
    pub found: Comparison,
}

impl<'a> TwinCopy<'a> {
    /// Reads what was recorded at `path` when both sides were last the same.
    pub fn open(
        session: &'a Session,
        workspace: &'a WorkspacePath,
        path: PathBuf,
    ) -> crate::Result<Self> {
        let record = read(&path)?.filter(|record| record.state == CopyState::Complete);
        let record = record.ok_or_else(not_from_here)?;
        let meter = Arc::new(Meter::default());
        let twin = Twin::new(session).measured(Arc::clone(&meter));
        Ok(Self { workspace, twin, meter, record, path })
    }

    /// Looks at both sides.
    pub async fn look(&self) -> crate::Result<Sides> {
        let there = self.twin.inventory(&self.record.items).await?;
        let here = self.here(&there)?;
        let found = compare(&self.record.items, &here, &there);
        Ok(Sides { here, there, found })
    }

    /// Writes and removes here what was found. What fails is listed, and the
    /// rest is done.
    pub async fn take(&mut self, sides: &Sides, reporter: &Reporter) -> crate::Result<u8> {
        let Sides { here, there, found } = sides;
        let root = self.workspace.as_path();
        let report = tokio::select! {
            report = self.twin.take(root, &found.take, here, there) => report?,
            () = watch(&self.meter, reporter) => Report::default(),
            _ = tokio::signal::ctrl_c() => return Err(interrupted().into()),
        };
        reporter.finish_work();
        let mut code = exit::OK;
        for failure in report.into_failures() {
            code = exit::FAILED;
            reporter.error(&failure.into());
        }
        for path in &found.remove {
            if let Err(error) = Twin::remove(root, path, here) {
                code = exit::FAILED;
                reporter.error(&error.into());
            }
        }
        let now = self.here(there)?;
        self.record.settle(&now, there);
        write(&self.path, &self.record)?;
        Ok(code)
    }

    /// What is here of all that was or is on either side.
    fn here(&self, there: &Inventory) -> crate::Result<Inventory> {
        let root = Directory::open(self.workspace.as_path(), &[])?;
        let known = self.record.items.keys().chain(there.keys());
        Ok(inventory(&root, known.map(String::as_str))?)
    }
}

fn not_from_here() -> OperationError {
    OperationError::with_code(
        exit::FAILED,
        "the copy was not made from this machine, or is not complete",
    )
    .hint(Hint::run("cai run", "complete it"))
    .hint(Hint::new("copy single files with `cai cp NAME:path .`"))
}
