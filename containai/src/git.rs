//! The repository of a workspace, as this machine sees it.
//!
//! A container may write all of `.git`. So what is asked is read from its files,
//! and what is written is written, without git and without following a link
//! ([`directory`]). git itself works only in a repository that was made here
//! just now, and lists the files of a workspace, which writes nothing.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::ResultExt as _;
use containai_core::naming::{GitHead, WorkspacePath};

use crate::error::OperationError;
use crate::worktree;

mod clone;
mod command;
mod confined;
mod directory;
mod error;
mod files;
mod linked;
mod run_as_owner;

pub(crate) use clone::{clone_head, clone_with_clean_config};
pub(crate) use confined::{ConfinedGit, confined};

use command::git;
pub(crate) use error::GitFilesError;
use files::GitFiles;
use linked::NewWorktree;

/// The top directory of the repository around `directory`; `None` outside one.
pub fn top_level(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().find(|path| path.join(".git").exists()).map(Path::to_owned)
}

/// What the user's own configuration says, wherever the command is given: that
/// of the repository is inside anyway.
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

/// What the workspace's HEAD points to.
///
/// The repository is not trusted.
pub(crate) fn head(workspace: &WorkspacePath) -> GitHead {
    let Some(top) = top_level(workspace.as_path()) else { return GitHead::NoGit };
    let Ok(files) = GitFiles::read_only(&top) else { return GitHead::Detached };
    match files.common.has("reftable") {
        true => reftable_head(&top),
        false => files.head().unwrap_or(GitHead::Detached),
    }
}

/// Only git reads this format.
fn reftable_head(top: &Path) -> GitHead {
    let output = git(top).args(["rev-parse", "--abbrev-ref", "HEAD"]).output();
    let text = output.ok().filter(|it| it.status.success()).map(|it| it.stdout);
    match String::from_utf8(text.unwrap_or_default()).as_deref().map(str::trim) {
        Ok(branch) if !branch.is_empty() && branch != "HEAD" => GitHead::Branch(branch.to_owned()),
        _ => GitHead::Detached,
    }
}

/// What git says about the files of a repository, by paths below its top.
#[derive(Debug, Default)]
pub(crate) struct GitFileList {
    /// What is tracked, and what would be if it were added. A directory is a
    /// repository of its own.
    pub(crate) kept: Vec<String>,
    /// What is ignored; a directory of nothing else is one path with a slash.
    pub(crate) ignored: Vec<String>,
}

/// Lists the files of a workspace that is the top of a repository; `None` for
/// any other, and where there is no git.
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
        // A name that is no text cannot be told from others on the other side.
        let names = output.stdout.split(|&byte| byte == 0).filter(|name| !name.is_empty());
        Ok(Some(names.filter_map(|name| String::from_utf8(name.to_vec()).ok()).collect()))
    };
    let Some(kept) = list(&["--cached", "--others", "--exclude-standard"])? else {
        return Ok(None);
    };
    let ignored = list(&["--others", "--ignored", "--exclude-standard", "--directory"])?;
    Ok(Some(GitFileList { kept, ignored: ignored.unwrap_or_default() }))
}

/// What the HEAD of a linked worktree of the repository points to; `None` for any
/// other directory.
pub(crate) fn worktree_head(repository: &WorkspacePath, path: &WorkspacePath) -> Option<GitHead> {
    let pointer = path.as_path().join(".git");
    let entries = GitFiles::open(repository).and_then(|it| it.worktrees()).ok()?;
    Some(entries.iter().find(|it| it.pointer == pointer)?.head())
}

/// Looks whether the repository can be forked to a new branch of this name, or
/// one that it has; writes nothing.
pub(crate) fn check_fork(repository: &WorkspacePath, branch: &str) -> Result<(), OperationError> {
    let files = GitFiles::open(repository)?;
    linked::start_commit(&files, branch)?;
    files.head_commit()?;
    Ok(())
}

/// Makes a linked worktree on a new branch from where the repository is, or on
/// that branch where there is one, and checks nothing out: filters of the
/// repository would run here. Root works as the owner of the repository, who
/// else could not use what is made.
pub(crate) fn add_worktree(
    repository: &WorkspacePath,
    path: &WorkspacePath,
    branch: &str,
) -> crate::Result<()> {
    let status = std::fs::metadata(repository.as_path())?;
    let files = GitFiles::open(repository).map_err(OperationError::from)?;
    // git will bring the commits of the worktree's container to this repository, and follows links.
    if let Some(link) = worktree::links::find_link(files.common.path(), None)? {
        return Err(OperationError::from(GitFilesError::Link(link)).into());
    }
    let make = || NewWorktree::plan(repository, path, branch)?.create();
    Ok(run_as_owner::run_as_owner(&status, make).map_err(OperationError::from)?)
}

#[cfg(test)]
mod tests;
