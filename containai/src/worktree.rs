//! The repository of a workspace that is a linked worktree, gitrepository-layout(5).
//!
//! `.git` in the workspace is written by whoever writes the workspace. It is
//! believed only where the repository says the same: it has an entry for this
//! very workspace, which nobody could have made who may not write there.
//!
//! The container never writes the repository. It has one of its own ([`own`]),
//! which borrows the host's objects, and what it commits is brought over once it
//! was checked ([`settle`]).

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use containai_core::engine::LinkedRepository;
use containai_core::layout::Layout;
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
pub use session_sync::{
    fetch_after_session, fetch_now, has_separate_repository, shares_host_repository,
    sync_before_session,
};
use sync::WorktreeSync;

/// No file of these is longer than a path.
const MAX_POINTER: u64 = 8192;

/// Why the repository of a worktree is not mounted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorktreeError {
    /// A submodule, or a worktree with relative paths: git looks for the
    /// repository beside the place that the workspace has inside.
    #[error("`.git` leads to the relative path `{0}`; take the repository around it as workspace")]
    Relative(String),
    /// A submodule, or no repository at all.
    #[error("`{}` is no entry of a linked worktree", .0.display())]
    NoEntry(PathBuf),
    /// A symbolic link is on the way.
    #[error("`{}` is reached by a symbolic link", .0.display())]
    Link(PathBuf),
    /// The workspace names a repository that does not know it.
    #[error("`{}` does not say that this is its worktree", .0.display())]
    NotListed(PathBuf),
    /// The repository is somebody else's, or lies in the workspace.
    #[error("`{}` does not belong to the workspace's owner, or lies inside of it", .0.display())]
    OtherOwner(PathBuf),
    #[error("{0}")]
    Path(#[from] WorkspacePathError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// A linked worktree and its repository on the host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LinkedWorktree {
    pub(crate) workspace: WorkspacePath,
    /// What all worktrees share.
    pub(crate) common: PathBuf,
    /// The directory of this one below it.
    pub(crate) entry: PathBuf,
}

impl LinkedWorktree {
    /// The name of the entry, which git makes of the worktree's directory.
    pub(crate) fn name(&self) -> &str {
        self.entry.file_name().and_then(|it| it.to_str()).unwrap_or_default()
    }
}

/// The worktree that a workspace is; `None` where it is none.
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
    // Its text is part of other paths and of references.
    WorkspacePath::new(&entry)?;
    Ok(Some(LinkedWorktree { workspace: workspace.clone(), common, entry }))
}

/// What the container of the workspace has mounted in place of its repository;
/// `None` where the workspace is no linked worktree.
pub(crate) fn linked_repository(
    workspace: &WorkspacePath,
    layout: &Layout,
) -> Result<Option<LinkedRepository>, WorktreeError> {
    let Some(worktree) = find(workspace)? else { return Ok(None) };
    // The engine's runtime follows no link.
    let config = layout.config_dir();
    let home = fs::canonicalize(config).unwrap_or_else(|_| config.to_owned());
    let own = layout.worktree_repository(workspace);
    let own = own.strip_prefix(config).map_or_else(|_| own.clone(), |below| home.join(below));
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
    let theirs = owner(workspace.as_path())?;
    let is_theirs = owner(common)? == theirs && owner(entry)? == theirs;
    if !is_theirs || common.starts_with(workspace.as_path()) {
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
