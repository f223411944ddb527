//! The files of one repository, read and written without git.

use std::path::{Path, PathBuf};

use containai_core::naming::{GitHead, WorkspacePath};

use super::directory::GitDirectory;
use super::error::GitFilesError;
use crate::worktree;

/// No file of one line is longer: a path and a few words.
const MAX_LINE_BYTES: u64 = 8 << 10;
/// A repository with a million references has a file as long as this.
const MAX_PACKED_REFS_BYTES: u64 = 128 << 20;
/// How often a reference may name another one; as git.
const MAX_SYMREF_DEPTH: usize = 5;

/// The files of one repository.
#[derive(Debug)]
pub(crate) struct GitFiles {
    /// What all of its worktrees share.
    pub(crate) common: GitDirectory,
    /// What is this worktree's; for the main one the same.
    own: GitDirectory,
}

impl GitFiles {
    /// Opens the repository of a workspace, whose `.git` is a directory, or that
    /// of the linked worktree that a repository says it is.
    pub(crate) fn open(workspace: &WorkspacePath) -> Result<Self, GitFilesError> {
        let top = GitDirectory::open(workspace.as_path())?;
        let pointer = workspace.as_path().join(".git");
        let is_file = matches!(top.file(".git"), Ok(Some(_)));
        let files = match is_file {
            false => {
                let common = top.child(".git")?.ok_or(GitFilesError::NotARepository(pointer))?;
                Self { own: common.reopen().map_err(io_at(common.path()))?, common }
            }
            true => {
                let linked = worktree::find(workspace)?;
                let linked = linked.ok_or(GitFilesError::NotARepository(pointer))?;
                let common = GitDirectory::open(&linked.common)?;
                let text = top.text(".git", MAX_LINE_BYTES)?.unwrap_or_default();
                let entry = text.trim_end().strip_prefix("gitdir: ").map(PathBuf::from);
                let below = entry.as_deref().and_then(|it| it.strip_prefix(common.path()).ok());
                let own = match below {
                    Some(below) => common.child(below)?,
                    None => None,
                };
                let own =
                    own.ok_or_else(|| GitFilesError::NotARepository(common.path().to_owned()))?;
                Self { common, own }
            }
        };
        match files.common.has("reftable") {
            true => Err(GitFilesError::Reftable(files.common.path().to_owned())),
            false => Ok(files),
        }
    }

    /// Opens the repository of a directory only to read its HEAD, wherever
    /// `.git` leads.
    pub(crate) fn read_only(top: &Path) -> Result<Self, GitFilesError> {
        let pointer = top.join(".git");
        let path = match GitDirectory::follow(top)?.text(".git", MAX_LINE_BYTES) {
            Ok(Some(text)) => {
                let path = text.trim_end().strip_prefix("gitdir: ").map(|path| top.join(path));
                path.ok_or(GitFilesError::NotARepository(pointer))?
            }
            _ => pointer,
        };
        let own = GitDirectory::follow(&path)?;
        let common = match own.text("commondir", MAX_LINE_BYTES)? {
            Some(common) => GitDirectory::follow(&path.join(common.trim_end()))?,
            None => own.reopen().map_err(io_at(&path))?,
        };
        Ok(Self { common, own })
    }

    /// What HEAD points to.
    pub(crate) fn head(&self) -> Result<GitHead, GitFilesError> {
        Ok(match branch_of(self.own.text("HEAD", MAX_LINE_BYTES)?.as_deref()) {
            Some(branch) if self.resolve(&format!("refs/heads/{branch}"))?.is_some() => {
                GitHead::Branch(branch.to_owned())
            }
            _ => GitHead::Detached,
        })
    }

    /// The commit that HEAD leads to.
    pub(crate) fn head_commit(&self) -> Result<String, GitFilesError> {
        let none = || GitFilesError::NoCommit(self.own.path().to_owned());
        let text = self.own.text("HEAD", MAX_LINE_BYTES)?.ok_or_else(none)?;
        match text.trim_end().strip_prefix("ref: ") {
            Some(name) => self.resolve(name)?.ok_or_else(none),
            None => object_name(text.trim_end()).ok_or_else(none),
        }
    }

    /// The object that a reference leads to; `None` where there is none.
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

    /// The objects and names of packed references.
    pub(crate) fn packed_refs(&self) -> Result<Vec<(String, String)>, GitFilesError> {
        let text = self.common.text("packed-refs", MAX_PACKED_REFS_BYTES)?.unwrap_or_default();
        let pair = |line: &str| {
            let (object, name) = line.split_once(' ')?;
            Some((object_name(object)?, name.to_owned()))
        };
        Ok(text.lines().filter_map(pair).collect())
    }

    /// The linked worktrees: the name of each entry, the path of its `.git`, and
    /// what its HEAD says.
    pub(crate) fn worktrees(&self) -> Result<Vec<WorktreeEntry>, GitFilesError> {
        let Some(directory) = self.common.child("worktrees")? else { return Ok(Vec::new()) };
        let mut entries = Vec::new();
        for name in directory.names()? {
            // A file beside them is nothing of git's.
            let Ok(Some(entry)) = directory.child(&name) else { continue };
            let Ok(Some(gitdir)) = entry.text("gitdir", MAX_LINE_BYTES) else { continue };
            let head = entry.text("HEAD", MAX_LINE_BYTES).ok().flatten().unwrap_or_default();
            let pointer = PathBuf::from(gitdir.trim_end());
            entries.push(WorktreeEntry { name, pointer, head });
        }
        Ok(entries)
    }

    /// Whether another worktree than the one with this `.git` has the branch
    /// checked out.
    pub(crate) fn is_checked_out(&self, branch: &str, but: &Path) -> Result<bool, GitFilesError> {
        let main = self.common.text("HEAD", MAX_LINE_BYTES)?;
        let is_it = |head: &str| branch_of(Some(head)) == Some(branch);
        let others = self.worktrees()?;
        Ok(main.is_some_and(|head| is_it(&head))
            || others.iter().any(|it| it.pointer != but && is_it(&it.head)))
    }
}

/// The entry of a linked worktree.
#[derive(Debug)]
pub(super) struct WorktreeEntry {
    pub(crate) name: String,
    /// The worktree's `.git`.
    pub(crate) pointer: PathBuf,
    head: String,
}

impl WorktreeEntry {
    /// What its HEAD points to.
    pub(crate) fn head(&self) -> GitHead {
        branch_of(Some(&self.head))
            .map_or(GitHead::Detached, |branch| GitHead::Branch(branch.to_owned()))
    }
}

fn branch_of(head: Option<&str>) -> Option<&str> {
    head?.trim_end().strip_prefix("ref: refs/heads/")
}

/// The text, where it is the name of an object in SHA-1 or SHA-256.
fn object_name(text: &str) -> Option<String> {
    let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (is_hex && [40, 64].contains(&text.len())).then(|| text.to_owned())
}

/// `refs/heads/fork` is a directory where `refs/heads/fork/x` is a branch.
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
