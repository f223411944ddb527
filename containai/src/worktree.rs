//! Workspaces that are linked worktrees, gitrepository-layout(5).
//!
//! A container can change `.git` in its workspace. The file is trusted only if the repository that
//! it names has an entry for this workspace, which requires write access to the repository.
//!
//! The container never writes the host's repository. It has a separate repository that borrows the
//! host's objects, and its commits are checked before they are fetched.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use containai_core::engine::LinkedRepository;
use containai_core::naming::{WorkspacePath, WorkspacePathError};

mod conflict_refs;
mod container_repository;
mod index;
mod large_files;
pub(crate) mod links;
mod object_stores;
mod objects;
mod session_sync;
mod state;
mod sync;
mod untrusted_tree;

pub(crate) use container_repository::ensure_container_repository;
pub use session_sync::{fetch_after_session, fetch_now, has_separate_repository};
pub(crate) use session_sync::{shares_host_repository, sync_before_session};
use sync::WorktreeSync;

use crate::process_env::ProcessEnv;

/// The limit for files that contain a path, in bytes.
const MAX_POINTER: u64 = 8192;

/// The reason why the repository of a worktree is not mounted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorktreeError {
    /// A submodule, or a worktree with relative paths, which git resolves relative to the path of the
    /// workspace in the container.
    #[error("`.git` names the relative path `{0}`; use the enclosing repository as the workspace")]
    Relative(String),
    /// A submodule, or not a repository.
    #[error("`{}` is not the entry of a linked worktree", .0.display())]
    NoEntry(PathBuf),
    /// The path contains a symbolic link.
    #[error("`{}` contains a symbolic link", .0.display())]
    Link(PathBuf),
    /// The workspace names a repository that does not list it.
    #[error("`{}` does not list this workspace as a worktree", .0.display())]
    NotListed(PathBuf),
    /// The repository belongs to another user, or lies in the workspace.
    #[error("`{}` belongs to another user than the workspace, or is inside it", .0.display())]
    OtherOwner(PathBuf),
    /// The path cannot be mounted.
    #[error("{0}")]
    Path(#[from] WorkspacePathError),
    /// A file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<WorktreeError> for crate::Error {
    fn from(error: WorktreeError) -> Self {
        Self::other(error)
    }
}

/// A linked worktree and its repository on the host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LinkedWorktree {
    /// The workspace.
    pub(crate) workspace: WorkspacePath,
    /// The directory that all worktrees share.
    pub(crate) common: PathBuf,
    /// The entry of this worktree in `common`.
    pub(crate) entry: PathBuf,
}

impl LinkedWorktree {
    /// Returns the name of the entry, which git derives from the worktree's directory.
    pub(crate) fn name(&self) -> &str {
        self.entry.file_name().and_then(|it| it.to_str()).unwrap_or_default()
    }
}

/// Finds the repository of a linked worktree; `None` if the workspace is not one.
pub(crate) fn find(workspace: &WorkspacePath) -> Result<Option<LinkedWorktree>, WorktreeError> {
    let pointer = workspace.as_path().join(".git");
    if !fs::symlink_metadata(&pointer).is_ok_and(|status| status.is_file()) {
        return Ok(None);
    }
    let text = read(&pointer)?;
    let Some(path) = text.strip_prefix("gitdir: ") else { return Ok(None) };
    let entry = PathBuf::from(path);
    if !entry.is_absolute() {
        return Err(WorktreeError::Relative(path.to_owned()));
    }
    if fs::canonicalize(&entry)? != entry {
        return Err(WorktreeError::Link(entry));
    }
    let common = match entry.parent().filter(|it| it.file_name().is_some_and(|n| n == "worktrees"))
    {
        Some(worktrees) => worktrees.parent().unwrap_or(worktrees).to_owned(),
        None => return Err(WorktreeError::NoEntry(entry)),
    };
    verify(workspace, &pointer, &entry, &common)?;
    // The entry is used in other paths and in references.
    WorkspacePath::new(&entry)?;
    Ok(Some(LinkedWorktree { workspace: workspace.clone(), common, entry }))
}

/// Returns the mounts that replace the repository in the workspace's container; `None` if the
/// workspace is not a linked worktree.
pub(crate) fn linked_repository(
    workspace: &WorkspacePath,
    env: &ProcessEnv,
) -> Result<Option<LinkedRepository>, WorktreeError> {
    let Some(worktree) = find(workspace)? else { return Ok(None) };
    // The engine's runtime does not follow links.
    let config = env.layout.config_dir();
    let real = fs::canonicalize(config).unwrap_or_else(|_| config.to_owned());
    let own = env.layout.worktree_repository(workspace);
    let own = own.strip_prefix(config).map_or_else(|_| own.clone(), |below| real.join(below));
    Ok(Some(LinkedRepository {
        common_dir: WorkspacePath::new(&worktree.common)?,
        own: WorkspacePath::new(own)?,
        object_stores: object_stores::of(&worktree)?,
    }))
}

fn verify(
    workspace: &WorkspacePath,
    pointer: &Path,
    entry: &Path,
    common: &Path,
) -> Result<(), WorktreeError> {
    let is_repository = common.join("HEAD").is_file()
        && ["objects", "refs"].iter().all(|name| is_directory(&common.join(name)));
    if !is_repository || read(&entry.join("commondir"))? != "../.." {
        return Err(WorktreeError::NoEntry(entry.to_owned()));
    }
    let returned = fs::canonicalize(read(&entry.join("gitdir"))?);
    if !returned.is_ok_and(|path| path == pointer) {
        return Err(WorktreeError::NotListed(common.to_owned()));
    }
    let owner = |path: &Path| fs::symlink_metadata(path).map(|status| status.uid());
    let workspace_owner = owner(workspace.as_path())?;
    let has_same_owner = owner(common)? == workspace_owner && owner(entry)? == workspace_owner;
    if !has_same_owner || common.starts_with(workspace.as_path()) {
        return Err(WorktreeError::OtherOwner(common.to_owned()));
    }
    Ok(())
}

fn is_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|status| status.is_dir())
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_POINTER).read_to_string(&mut text)?;
    Ok(text.trim_end_matches('\n').to_owned())
}

#[cfg(test)]
mod tests;
