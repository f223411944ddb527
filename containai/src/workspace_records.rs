//! Reads of the records of workspaces.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use containai_core::layout::Layout;
use containai_core::naming::WorkspacePath;
use containai_core::workspace_record::WorkspaceRecord;

use crate::error::ResultExt as _;

/// Reads the record of a workspace; `None` if there is none.
pub(crate) fn read(
    layout: &Layout,
    workspace: &WorkspacePath,
) -> crate::Result<Option<WorkspaceRecord>> {
    let record = read_file(&layout.workspace_record(workspace))?;
    Ok(record.filter(|record| record.workspace == *workspace))
}

/// Lists all readable records; commands in a workspace report that its record is unreadable.
pub(crate) fn list(layout: &Layout) -> Vec<WorkspaceRecord> {
    let entries = fs::read_dir(layout.workspace_record_dir()).into_iter().flatten().flatten();
    entries.filter_map(|entry| read_file(&entry.path()).ok()?).collect()
}

fn read_file(path: &Path) -> crate::Result<Option<WorkspaceRecord>> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        text => {
            let context = || format!("cannot read `{}`", path.display());
            let text = text.with_context(context)?;
            Ok(Some(WorkspaceRecord::parse(&text).with_context(context)?))
        }
    }
}
