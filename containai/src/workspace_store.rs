//! Records of workspaces, which outlast their containers: one file for each workspace.

use std::fs;
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
pub(crate) use crate::workspace_records::{list, read};
use crate::{lock, private_file};

/// The store of records in the user's data directory.
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

/// Changes the record of a workspace under a lock and writes it atomically, changed or not.
///
/// # Errors
///
/// The record cannot be read, parsed or written.
pub async fn edit(
    layout: &Layout,
    reporter: &Reporter,
    workspace: &WorkspacePath,
    change: impl FnOnce(&mut WorkspaceRecord),
) -> crate::Result<()> {
    let _lock =
        lock::acquire(&layout.workspace_record_lock(), "records of workspaces", reporter).await?;
    let path = layout.workspace_record(workspace);
    let record = read(layout, workspace)?;
    let mut record = record.unwrap_or_else(|| WorkspaceRecord::new(workspace.clone()));
    change(&mut record);
    private_file::write(&path, &record.to_json())
        .with_context(|| format!("cannot write `{}`", path.display()))
}

/// Remembers the `devcontainer.json` that the workspace's container was created from; `None` if
/// there is none.
///
/// # Errors
///
/// See [`edit`].
pub(crate) async fn remember_devcontainer(
    context: &Context,
    workspace: &WorkspacePath,
    path: Option<&str>,
) -> crate::Result<()> {
    if context.config.container_devcontainer.as_deref() == path {
        return Ok(());
    }
    let engine = context.address.to_string();
    let path = path.map(str::to_owned);
    edit(&context.env.layout, &context.reporter, workspace, |record| {
        record.on_engine_mut(&engine).devcontainer = path;
    })
    .await
}

/// Remembers resource limits of the workspace's containers; `None` keeps the remembered one.
///
/// # Errors
///
/// See [`edit`].
pub async fn remember_limits(
    context: &Context,
    workspace: &WorkspacePath,
    limits: ResourceLimits,
) -> crate::Result<()> {
    let engine = context.address.to_string();
    edit(&context.env.layout, &context.reporter, workspace, |record| {
        let remembered = &mut record.on_engine_mut(&engine).limits;
        *remembered = ResourceLimits {
            memory: limits.memory.or(remembered.memory),
            cpus: limits.cpus.or(remembered.cpus),
        };
    })
    .await
}

/// Forgets the remembered limits of the workspace's containers.
///
/// # Errors
///
/// See [`edit`].
pub async fn forget_limits(context: &Context, workspace: &WorkspacePath) -> crate::Result<()> {
    let engine = context.address.to_string();
    let change = |record: &mut WorkspaceRecord| {
        record.on_engine_mut(&engine).limits = ResourceLimits::default();
    };
    edit(&context.env.layout, &context.reporter, workspace, change).await
}

/// Forgets the data volume of a workspace on every engine, so that the configuration decides;
/// returns whether one was remembered.
///
/// # Errors
///
/// See [`edit`].
pub async fn forget_volume(
    layout: &Layout,
    reporter: &Reporter,
    workspace: &WorkspacePath,
) -> crate::Result<bool> {
    if read(layout, workspace)?.is_none() {
        return Ok(false);
    }
    let mut was_remembered = false;
    edit(layout, reporter, workspace, |record| {
        for remembered in record.engines_mut() {
            was_remembered |= remembered.data_volume.take().is_some();
        }
    })
    .await?;
    Ok(was_remembered)
}

/// Forgets the choices for a workspace on one engine, and the identity of its directory if no
/// other choice remains.
///
/// # Errors
///
/// See [`edit`].
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

/// Records the identity of the workspace's directory, which finds it after a move. Failures are
/// reported as details only, because they must not prevent a session.
pub(crate) async fn record_directory(context: &Context, workspace: &WorkspacePath) {
    let layout = &context.env.layout;
    let directory = directory_id(workspace.as_path());
    let is_known = read(layout, workspace)
        .is_ok_and(|record| record.is_some_and(|record| record.directory == directory));
    if !is_known
        && let Err(error) =
            edit(layout, &context.reporter, workspace, |record| record.directory = directory).await
    {
        context
            .reporter
            .detail(&format!("cannot record the identity of directory `{workspace}`: {error:#}"));
    }
}

/// Returns the identity of a directory; `None` if it does not exist.
pub fn directory_id(path: &Path) -> Option<DirectoryId> {
    let metadata = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_dir)?;
    let created = metadata.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    Some(DirectoryId {
        device: metadata.dev(),
        inode: metadata.ino(),
        birth_nanos: created.and_then(|since| since.as_nanos().try_into().ok()),
    })
}
