//! Reading the files of a repository without git.

use std::path::{Path, PathBuf};

use containai_core::naming::{GitHead, WorkspacePath};

use super::directory::GitDirectory;
use super::error::GitFilesError;
use crate::worktree;

/// The limit for files of one line, which is a path at most.
const MAX_LINE_BYTES: u64 = 8 << 10;
/// The limit for `packed-refs`, enough for a million references.
const MAX_PACKED_REFS_BYTES: u64 = 128 << 20;
/// The longest chain of symbolic references, as in git.
const MAX_SYMREF_DEPTH: usize = 5;

/// The files of one repository.
#[derive(Debug)]
pub(crate) struct GitFiles {
    /// The directory that all worktrees share.
    pub(crate) common: GitDirectory,
    /// The directory of this worktree; the common directory for the main worktree.
    worktree: GitDirectory,
}

impl GitFiles {
    /// Opens the repository of a workspace: `.git` is a directory, or the workspace is a linked
    /// worktree that its repository lists.
    pub(crate) fn open(workspace: &WorkspacePath) -> Result<Self, GitFilesError> {
        let top = GitDirectory::open(workspace.as_path())?;
        let pointer = workspace.as_path().join(".git");
        let is_file = matches!(top.file(".git"), Ok(Some(_)));
        let files = match is_file {
            false => {
                let common = top.child(".git")?.ok_or(GitFilesError::NotARepository(pointer))?;
                Self { worktree: common.reopen().map_err(io_at(common.path()))?, common }
            }
            true => {
                let linked = worktree::find(workspace)?;
                let linked = linked.ok_or(GitFilesError::NotARepository(pointer))?;
                let common = GitDirectory::open(&linked.common)?;
                let text = top.text(".git", MAX_LINE_BYTES)?.unwrap_or_default();
                let entry = text.trim_end().strip_prefix("gitdir: ").map(PathBuf::from);
                let below = entry.as_deref().and_then(|it| it.strip_prefix(common.path()).ok());
                let worktree = match below {
                    Some(below) => common.child(below)?,
                    None => None,
                };
                let worktree = worktree
                    .ok_or_else(|| GitFilesError::NotARepository(common.path().to_owned()))?;
                Self { common, worktree }
            }
        };
        match files.common.has("reftable") {
            true => Err(GitFilesError::Reftable(files.common.path().to_owned())),
            false => Ok(files),
        }
    }

    /// Opens the repository of a directory to read its HEAD, following any `.git` file.
    pub(crate) fn read_only(top: &Path) -> Result<Self, GitFilesError> {
        let pointer = top.join(".git");
        let path = match GitDirectory::follow(top)?.text(".git", MAX_LINE_BYTES) {
            Ok(Some(text)) => {
                let path = text.trim_end().strip_prefix("gitdir: ").map(|path| top.join(path));
                path.ok_or(GitFilesError::NotARepository(pointer))?
            }
            _ => pointer,
        };
        let worktree = GitDirectory::follow(&path)?;
        let common = match worktree.text("commondir", MAX_LINE_BYTES)? {
            Some(common) => GitDirectory::follow(&path.join(common.trim_end()))?,
            None => worktree.reopen().map_err(io_at(&path))?,
        };
        Ok(Self { common, worktree })
    }

    /// Reads HEAD.
    pub(crate) fn head(&self) -> Result<GitHead, GitFilesError> {
        Ok(head_of(self.worktree.text("HEAD", MAX_LINE_BYTES)?.as_deref()))
    }

    /// Resolves HEAD to a commit.
    pub(crate) fn head_commit(&self) -> Result<String, GitFilesError> {
        let none = || GitFilesError::NoCommit(self.worktree.path().to_owned());
        let text = self.worktree.text("HEAD", MAX_LINE_BYTES)?.ok_or_else(none)?;
        match text.trim_end().strip_prefix("ref: ") {
            Some(name) => self.resolve(name)?.ok_or_else(none),
            None => object_name(text.trim_end()).ok_or_else(none),
        }
    }

    /// Resolves a reference to an object; `None` if it does not exist.
    pub(crate) fn resolve(&self, name: &str) -> Result<Option<String>, GitFilesError> {
        let mut name = name.to_owned();
        for _ in 0..MAX_SYMREF_DEPTH {
            if !name.starts_with("refs/") {
                return Ok(None);
            }
            let Some(text) = self.common.text(&name, MAX_LINE_BYTES).or_else(ignore_directory)?
            else {
                return Ok(self.packed_refs()?.into_iter().find(|it| it.1 == name).map(|it| it.0));
            };
            match text.trim_end().strip_prefix("ref: ") {
                Some(next) => name = next.to_owned(),
                None => return Ok(object_name(text.trim_end())),
            }
        }
        Ok(None)
    }

    /// Reads the objects and names of packed references.
    pub(crate) fn packed_refs(&self) -> Result<Vec<(String, String)>, GitFilesError> {
        let text = self.common.text("packed-refs", MAX_PACKED_REFS_BYTES)?.unwrap_or_default();
        let pair = |line: &str| {
            let (object, name) = line.split_once(' ')?;
            Some((object_name(object)?, name.to_owned()))
        };
        Ok(text.lines().filter_map(pair).collect())
    }

    /// Lists the linked worktrees.
    pub(crate) fn worktrees(&self) -> Result<Vec<WorktreeEntry>, GitFilesError> {
        let Some(directory) = self.common.child("worktrees")? else { return Ok(Vec::new()) };
        let mut entries = Vec::new();
        for name in directory.names()? {
            // Other files are not git's.
            let Ok(Some(entry)) = directory.child(&name) else { continue };
            let Ok(Some(gitdir)) = entry.text("gitdir", MAX_LINE_BYTES) else { continue };
            let head = entry.text("HEAD", MAX_LINE_BYTES).ok().flatten().unwrap_or_default();
            let pointer = PathBuf::from(gitdir.trim_end());
            entries.push(WorktreeEntry { name, pointer, head });
        }
        Ok(entries)
    }

    /// Returns whether a worktree other than the one with the `.git` file `except` has the branch
    /// checked out.
    pub(crate) fn is_checked_out(
        &self,
        branch: &str,
        except: &Path,
    ) -> Result<bool, GitFilesError> {
        let main = self.common.text("HEAD", MAX_LINE_BYTES)?;
        let has_branch = |head: &str| branch_of(Some(head)) == Some(branch);
        let worktrees = self.worktrees()?;
        Ok(main.is_some_and(|head| has_branch(&head))
            || worktrees.iter().any(|it| it.pointer != except && has_branch(&it.head)))
    }
}

/// The entry of a linked worktree.
#[derive(Debug)]
pub(super) struct WorktreeEntry {
    /// The name of the entry.
    pub(crate) name: String,
    /// The path of the worktree's `.git` file.
    pub(crate) pointer: PathBuf,
    head: String,
}

impl WorktreeEntry {
    /// Returns its HEAD.
    pub(crate) fn head(&self) -> GitHead {
        head_of(Some(&self.head))
    }
}

/// A branch may have no commit yet.
fn head_of(head: Option<&str>) -> GitHead {
    branch_of(head).map_or(GitHead::Detached, |branch| GitHead::Branch(branch.to_owned()))
}

fn branch_of(head: Option<&str>) -> Option<&str> {
    let branch = head?.trim_end().strip_prefix("ref: refs/heads/")?;
    (!branch.is_empty()).then_some(branch)
}

/// Returns the text if it is an object name, SHA-1 or SHA-256.
fn object_name(text: &str) -> Option<String> {
    let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (is_hex && [40, 64].contains(&text.len())).then(|| text.to_owned())
}

/// Treats a directory as a missing reference: `refs/heads/fork` is a directory if the branch
/// `fork/x` exists.
fn ignore_directory(error: GitFilesError) -> Result<Option<String>, GitFilesError> {
    match error {
        GitFilesError::NotAFile(_) => Ok(None),
        error => Err(error),
    }
}

fn io_at(path: &Path) -> impl Fn(std::io::Error) -> GitFilesError {
    let path = path.to_owned();
    move |source| GitFilesError::Io { path: path.clone(), source }
}
