//! The repository of a workspace that is a linked worktree, gitrepository-layout(5).
//!
//! `.git` in the workspace is written by whoever writes the workspace. It is
//! believed only where the repository says the same: it has an entry for this
//! very workspace, which nobody could have made who may not write there.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use containai_core::engine::LinkedRepository;
use containai_core::naming::{WorkspacePath, WorkspacePathError};

/// No file of these is longer than a path.
const MAX_POINTER: u64 = 8192;
/// What a commit writes, beside the worktree's own entry; `lfs` is where git-lfs
/// keeps large files.
const WRITTEN: [&str; 4] = ["objects", "refs", "logs", "lfs"];

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
    Stranger(PathBuf),
    /// The repository is somebody else's, or lies in the workspace.
    #[error("`{}` does not belong to the workspace's owner, or lies inside of it", .0.display())]
    Foreign(PathBuf),
    #[error("{0}")]
    Path(#[from] WorkspacePathError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The repository that the workspace is a linked worktree of; `None` where it
/// is none.
pub(crate) fn repository(
    workspace: &WorkspacePath,
) -> Result<Option<LinkedRepository>, WorktreeError> {
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
    let mut writable = Vec::new();
    for name in WRITTEN {
        let path = common.join(name);
        if name == "logs" {
            provide(&path, &common)?;
        }
        if is_directory(&path) {
            writable.push(WorkspacePath::new(&path)?);
        }
    }
    writable.push(WorkspacePath::new(&entry)?);
    Ok(Some(LinkedRepository { common: WorkspacePath::new(&common)?, writable }))
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
        return Err(WorktreeError::Stranger(common.to_owned()));
    }
    let owner = |path: &Path| fs::symlink_metadata(path).map(|status| status.uid());
    let theirs = owner(workspace.as_path())?;
    let is_theirs = owner(common)? == theirs && owner(entry)? == theirs;
    if !is_theirs || common.starts_with(workspace.as_path()) {
        return Err(WorktreeError::Foreign(common.to_owned()));
    }
    Ok(())
}

/// git makes the directory of reflogs with the first of them, which it cannot
/// where everything beside is read-only.
fn provide(directory: &Path, like: &Path) -> io::Result<()> {
    match fs::create_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => {
            let status = fs::metadata(like)?;
            chown(directory, Some(status.uid()), Some(status.gid()))
        }
    }
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
