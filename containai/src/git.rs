//! The git repository of a workspace, accessed on this machine.
//!
//! A container can change everything in `.git`. Its files are therefore read and written directly,
//! without git and without following symbolic links. git itself runs only in repositories that were
//! just created here, and to list the files of a workspace, which writes nothing.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::ResultExt as _;
use containai_core::naming::{GitHead, WorkspacePath};

use crate::error::OperationError;
use crate::worktree;

mod clone;
mod command;
mod directory;
mod error;
mod files;
mod linked;
mod run_as_owner;

pub(crate) use crate::confined_git::{ConfinedGit, confined};
pub(crate) use clone::{clone_head, clone_with_clean_config};

use command::git;
pub(crate) use error::GitFilesError;
use files::GitFiles;
use linked::NewWorktree;

/// Returns the top directory of the repository that contains `directory`; `None` if there is none.
pub fn top_level(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().find(|path| path.join(".git").exists()).map(Path::to_owned)
}

/// Returns a setting of the user's git configuration. The repository's configuration is not read,
/// because the container has it already.
pub(crate) fn user_setting(key: &str) -> Option<String> {
    let output = Command::new("git")
        .args(["config", "--global", "--includes", "--get", key])
        .current_dir("/")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// Reads the HEAD of the workspace's repository, which is not trusted.
pub(crate) fn head(workspace: &WorkspacePath) -> GitHead {
    let Some(top) = top_level(workspace.as_path()) else { return GitHead::NoGit };
    let Ok(files) = GitFiles::read_only(&top) else { return GitHead::Detached };
    match files.common.has("reftable") {
        true => reftable_head(&top),
        false => files.head().unwrap_or(GitHead::Detached),
    }
}

/// Reads HEAD from the reftable format, which only git implements.
fn reftable_head(top: &Path) -> GitHead {
    let output = git(top).args(["symbolic-ref", "--quiet", "--short", "HEAD"]).output();
    let text = output.ok().filter(|it| it.status.success()).map(|it| it.stdout);
    match String::from_utf8(text.unwrap_or_default()).as_deref().map(str::trim) {
        Ok(branch) if !branch.is_empty() => GitHead::Branch(branch.to_owned()),
        _ => GitHead::Detached,
    }
}

/// The files of a repository, as paths relative to its top directory.
#[derive(Debug, Default)]
pub(crate) struct GitFileList {
    /// Tracked files, and untracked files that are not ignored. A directory is a nested repository.
    pub(crate) files: Vec<String>,
    /// Ignored files; a directory with only ignored files is one path that ends in a slash.
    pub(crate) ignored: Vec<String>,
}

/// Lists the files of a workspace; `None` if it is not the top directory of a repository, or git
/// is not installed.
pub(crate) fn list_files(workspace: &WorkspacePath) -> crate::Result<Option<GitFileList>> {
    if top_level(workspace.as_path()).as_deref() != Some(workspace.as_path()) {
        return Ok(None);
    }
    let list = |options: &[&str]| -> crate::Result<Option<Vec<String>>> {
        let output = match git(workspace.as_path())
            .env("GIT_WORK_TREE", workspace.as_path())
            .args(["ls-files", "-z"])
            .args(options)
            .output()
        {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            output => output.context("cannot run `git`")?,
        };
        let is_list = output.status.success();
        crate::error::ensure!(is_list, "`git ls-files` failed in `{workspace}`: {}", output.status);
        // Names that are not UTF-8 have no unique representation on the remote side.
        let names = output.stdout.split(|&byte| byte == 0).filter(|name| !name.is_empty());
        Ok(Some(names.filter_map(|name| String::from_utf8(name.to_vec()).ok()).collect()))
    };
    let Some(files) = list(&["--cached", "--others", "--exclude-standard"])? else {
        return Ok(None);
    };
    let ignored = list(&["--others", "--ignored", "--exclude-standard", "--directory"])?;
    Ok(Some(GitFileList { files, ignored: ignored.unwrap_or_default() }))
}

/// Reads the HEAD of the linked worktree at `path`; `None` if `path` is not a worktree of the
/// repository.
pub(crate) fn worktree_head(repository: &WorkspacePath, path: &WorkspacePath) -> Option<GitHead> {
    let pointer = path.as_path().join(".git");
    let entries = GitFiles::open(repository).and_then(|it| it.worktrees()).ok()?;
    Some(entries.iter().find(|it| it.pointer == pointer)?.head())
}

/// Checks that the repository can be forked to this new or existing branch; writes nothing.
pub(crate) fn check_fork(repository: &WorkspacePath, branch: &str) -> Result<(), OperationError> {
    let files = GitFiles::open(repository)?;
    linked::start_commit(&files, branch)?;
    files.head_commit()?;
    Ok(())
}

/// Creates a linked worktree on this branch, which starts at the repository's HEAD if it is new.
/// No files are checked out, because that would run the repository's filters on this machine. Root
/// acts as the owner of the repository, who could not use files of root.
pub(crate) fn add_worktree(
    repository: &WorkspacePath,
    path: &WorkspacePath,
    branch: &str,
) -> crate::Result<()> {
    let status = std::fs::metadata(repository.as_path())?;
    let files = GitFiles::open(repository).map_err(OperationError::from)?;
    // git will later write the container's commits to this repository, and follows links.
    if let Some(link) = worktree::links::find_link(files.common.path(), None)? {
        return Err(OperationError::from(GitFilesError::Link(link)).into());
    }
    let create = || NewWorktree::plan(repository, path, branch)?.create();
    Ok(run_as_owner::run_as_owner(&status, create).map_err(OperationError::from)?)
}

#[cfg(test)]
mod tests;
