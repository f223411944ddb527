//! What outlasts a workspace's containers, a file for each workspace.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::error::ResultExt as _;
use containai_core::config::Remembered;
use containai_core::layout::Layout;
use containai_core::naming::{VolumeName, WorkspacePath};
use containai_core::resources::ResourceLimits;
use containai_core::workspace_record::{DirectoryId, WorkspaceRecord};
use containai_core::workspace_store::{WorkspaceStore, WorkspaceStoreError};

use crate::context::Context;
use crate::report::Reporter;
use crate::{lock, private_file};

/// The records of the user, as the lifecycle has them.
pub(crate) struct FileWorkspaceStore<'a> {
    pub(crate) context: &'a Context,
}

impl WorkspaceStore for FileWorkspaceStore<'_> {
    async fn check_writable(&self, workspace: &WorkspacePath) -> Result<(), WorkspaceStoreError> {
        self.update(workspace, |_| {}).await
    }

    async fn set_data_volume(
        &self,
        workspace: &WorkspacePath,
        volume: &VolumeName,
    ) -> Result<(), WorkspaceStoreError> {
        let engine = self.context.address.to_string();
        let change = |record: &mut WorkspaceRecord| {
            record.on_engine_mut(&engine).data_volume = Some(volume.clone());
        };
        self.update(workspace, change).await
    }
}

impl FileWorkspaceStore<'_> {
    async fn update(
        &self,
        workspace: &WorkspacePath,
        change: impl FnOnce(&mut WorkspaceRecord),
    ) -> Result<(), WorkspaceStoreError> {
        edit(&self.context.env.layout, &self.context.reporter, workspace, change).await.map_err(
            |error| WorkspaceStoreError { workspace: workspace.to_string(), source: error.into() },
        )
    }
}

/// What is kept about a workspace; `None` where nothing is.
pub(crate) fn read(
    layout: &Layout,
    workspace: &WorkspacePath,
) -> crate::Result<Option<WorkspaceRecord>> {
    let record = read_file(&layout.workspace_record(workspace))?;
    Ok(record.filter(|record| record.workspace == *workspace))
}

/// Changes what is kept about a workspace, and writes it, changed or not. It appears whole
/// or not at all.
pub async fn edit(
    layout: &Layout,
    reporter: &Reporter,
    workspace: &WorkspacePath,
    change: impl FnOnce(&mut WorkspaceRecord),
) -> crate::Result<()> {
    let _turn =
        lock::acquire(&layout.workspace_record_lock(), "records of workspaces", reporter).await?;
    let path = layout.workspace_record(workspace);
    let record = read(layout, workspace)?;
    let mut record = record.unwrap_or_else(|| WorkspaceRecord::new(workspace.clone()));
    change(&mut record);
    private_file::write(&path, &record.to_json())
        .with_context(|| format!("cannot write `{}`", path.display()))
}

/// Remembers limits of the workspace's containers, those that are some.
pub async fn remember_limits(
    context: &Context,
    workspace: &WorkspacePath,
    limits: ResourceLimits,
) -> crate::Result<()> {
    let engine = context.address.to_string();
    edit(&context.env.layout, &context.reporter, workspace, |record| {
        let kept = &mut record.on_engine_mut(&engine).limits;
        *kept = ResourceLimits {
            memory: limits.memory.or(kept.memory),
            cpus: limits.cpus.or(kept.cpus),
        };
    })
    .await
}

/// Forgets the limits of the workspace's containers.
pub async fn forget_limits(context: &Context, workspace: &WorkspacePath) -> crate::Result<()> {
    let engine = context.address.to_string();
    let change = |record: &mut WorkspaceRecord| {
        record.on_engine_mut(&engine).limits = ResourceLimits::default()
    };
    edit(&context.env.layout, &context.reporter, workspace, change).await
}

/// Forgets the data volume of a workspace on every engine: the configuration is to say
/// which. Says whether one was remembered.
pub async fn forget_volume(
    layout: &Layout,
    reporter: &Reporter,
    workspace: &WorkspacePath,
) -> crate::Result<bool> {
    if read(layout, workspace)?.is_none() {
        return Ok(false);
    }
    let mut had = false;
    edit(layout, reporter, workspace, |record| {
        for remembered in record.engines_mut() {
            had |= remembered.data_volume.take().is_some();
        }
    })
    .await?;
    Ok(had)
}

/// Forgets what was chosen for a workspace on an engine, and, with the last of it, which
/// directory it was.
pub async fn forget(
    layout: &Layout,
    reporter: &Reporter,
    workspace: &WorkspacePath,
    engine: &str,
) -> crate::Result<()> {
    if read(layout, workspace)?.is_none() {
        return Ok(());
    }
    edit(layout, reporter, workspace, |record| {
        *record.on_engine_mut(engine) = Remembered::default();
        if record.is_empty() {
            record.directory = None;
        }
    })
    .await
}

/// Every record; one that cannot be read is for commands of its workspace to report.
pub(crate) fn list(layout: &Layout) -> Vec<WorkspaceRecord> {
    let entries = fs::read_dir(layout.workspace_record_dir()).into_iter().flatten().flatten();
    entries.filter_map(|entry| read_file(&entry.path()).ok()?).collect()
}

/// Notes which directory a workspace is, for when it has another path. That it cannot be
/// noted is no reason not to go inside.
pub(crate) async fn record_directory(context: &Context, workspace: &WorkspacePath) {
    let layout = &context.env.layout;
    let directory = directory_id(workspace.as_path());
    let is_known = read(layout, workspace)
        .is_ok_and(|record| record.is_some_and(|record| record.directory == directory));
    if !is_known
        && let Err(error) =
            edit(layout, &context.reporter, workspace, |record| record.directory = directory).await
    {
        context.reporter.detail(&format!("cannot note which directory {workspace} is: {error:#}"));
    }
}

/// What tells a directory from every other; `None` where there is none.
pub fn directory_id(path: &Path) -> Option<DirectoryId> {
    let metadata = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_dir)?;
    let born = metadata.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    Some(DirectoryId {
        device: metadata.dev(),
        inode: metadata.ino(),
        birth_nanos: born.and_then(|since| since.as_nanos().try_into().ok()),
    })
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
