//! Creating a linked worktree without git (gitrepository-layout(5)).
//!
//! git follows symbolic links in the repository, writes reflogs with the identity that the
//! repository configures, and runs its hooks and filters. A worktree requires three files, a
//! branch and a `.git` file. No reflog is written.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use containai_core::naming::WorkspacePath;
use rustix::io::Errno;

use super::directory::GitDirectory;
use super::error::GitFilesError;
use super::files::GitFiles;

/// The largest number that is appended to the name of an entry.
const MAX_ENTRIES_PER_NAME: usize = 1000;

/// A worktree that can be created.
#[derive(Debug)]
pub(crate) struct NewWorktree<'a> {
    files: GitFiles,
    path: &'a WorkspacePath,
    branch: &'a str,
    /// The start of a new branch; `None` for an existing branch.
    start: Option<String>,
}

impl<'a> NewWorktree<'a> {
    /// Checks that the worktree can be created; writes nothing.
    pub(crate) fn plan(
        repository: &WorkspacePath,
        path: &'a WorkspacePath,
        branch: &'a str,
    ) -> Result<Self, GitFilesError> {
        let is_free = match std::fs::read_dir(path.as_path()) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        if !is_free {
            return Err(GitFilesError::Exists(path.as_path().to_owned()));
        }
        let files = GitFiles::open(repository)?;
        let start = start_commit(&files, branch)?;
        if start.is_none() && files.is_checked_out(branch, &path.as_path().join(".git"))? {
            return Err(GitFilesError::CheckedOut(branch.to_owned()));
        }
        Ok(Self { files, path, branch, start })
    }

    /// Creates the worktree. Its directory appears last, and complete.
    pub(crate) fn create(&self) -> Result<(), GitFilesError> {
        let pointer = self.path.as_path().join(".git");
        let worktrees = self.files.common.ensure_child("worktrees")?;
        let entry = self.entry(&worktrees)?;
        entry.write("commondir", "../..\n")?;
        entry.write("gitdir", &format!("{}\n", pointer.display()))?;
        entry.write("HEAD", &format!("ref: refs/heads/{}\n", self.branch))?;
        if let Some(start) = &self.start {
            add_branch(&self.files.common, self.branch, start)?;
        }
        create_directory(self.path.as_path(), &format!("gitdir: {}\n", entry.path().display()))
    }

    /// Opens the entry that an interrupted call created for this path, or creates one.
    fn entry(&self, worktrees: &GitDirectory) -> Result<GitDirectory, GitFilesError> {
        let pointer = self.path.as_path().join(".git");
        let existing = self.files.worktrees()?.into_iter().find(|it| it.pointer == pointer);
        if let Some(entry) = existing
            && let Some(entry) = worktrees.child(entry.name)?
        {
            return Ok(entry);
        }
        let name = entry_name(self.path.dir_name());
        for number in 0..MAX_ENTRIES_PER_NAME {
            let name = if number == 0 { name.clone() } else { format!("{name}{number}") };
            if let Some(entry) = worktrees.create_child(&name)? {
                return Ok(entry);
            }
        }
        Err(GitFilesError::from_errno(worktrees.path(), Errno::EXIST))
    }
}

/// Returns the commit that a new branch starts at; `None` if the branch exists.
pub(crate) fn start_commit(
    files: &GitFiles,
    branch: &str,
) -> Result<Option<String>, GitFilesError> {
    if !is_branch_name(branch) {
        return Err(GitFilesError::BranchName(branch.to_owned()));
    }
    let name = format!("refs/heads/{branch}");
    if files.resolve(&name)?.is_some() {
        return Ok(None);
    }
    // A branch cannot have the name of another branch's directory, packed or not.
    let conflicts = |existing: &str| {
        let (longer, shorter) = (format!("{name}/"), format!("{existing}/"));
        existing.starts_with(&longer) || name.starts_with(&shorter)
    };
    let packed = files.packed_refs()?.into_iter().map(|it| it.1).find(|it| conflicts(it));
    let mut parents = name.match_indices('/').skip(2).map(|(end, _)| &name[..end]);
    let conflict = match packed {
        Some(packed) => Some(packed),
        None => parents
            .find(|it| matches!(files.common.file(it), Ok(Some(_))))
            .map(str::to_owned)
            .or_else(|| files.common.has(&name).then(|| name.clone())),
    };
    match conflict {
        // git removes empty directories.
        Some(existing) if existing != name || !is_empty(files, &name)? => {
            let existing = existing.trim_start_matches("refs/heads/").to_owned();
            Err(GitFilesError::BranchConflict { branch: branch.to_owned(), existing })
        }
        _ => files.head_commit().map(Some),
    }
}

fn is_empty(files: &GitFiles, path: &str) -> Result<bool, GitFilesError> {
    Ok(match files.common.child(path)? {
        Some(directory) => directory.names()?.is_empty(),
        None => true,
    })
}

/// Creates a branch, which must not exist.
fn add_branch(common: &GitDirectory, branch: &str, start: &str) -> Result<(), GitFilesError> {
    let missing = || GitFilesError::NotARepository(common.path().to_owned());
    let mut directory = common.child("refs")?.ok_or_else(missing)?.ensure_child("heads")?;
    let (parents, leaf) = branch.rsplit_once('/').unwrap_or(("", branch));
    for name in parents.split('/').filter(|name| !name.is_empty()) {
        directory = directory.ensure_child(name)?;
    }
    directory.remove_directory(leaf);
    if directory.has(leaf) {
        let existing = branch.to_owned();
        return Err(GitFilesError::BranchConflict { branch: existing.clone(), existing });
    }
    directory.write(leaf, &format!("{start}\n"))
}

/// Creates the directory of the worktree, with its `.git` file.
fn create_directory(path: &Path, pointer: &str) -> Result<(), GitFilesError> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name().and_then(|it| it.to_str()))
    else {
        return Err(GitFilesError::from_errno(path, Errno::INVAL));
    };
    let parent = GitDirectory::open(parent)?;
    let temporary = format!(".containai-{}.new", std::process::id());
    // A leftover of a process with the same ID.
    parent.remove_directory(&temporary);
    let tree = parent
        .create_child(&temporary)?
        .ok_or_else(|| GitFilesError::from_errno(path, Errno::EXIST))?;
    let renamed = tree.write(".git", pointer).and_then(|()| {
        // Replaces only an empty directory, rename(2).
        parent.rename(&temporary, name).map_err(|errno| GitFilesError::from_errno(path, errno))
    });
    if renamed.is_err() {
        tree.remove(".git");
        parent.remove_directory(&temporary);
    }
    renamed
}

/// Derives the name of an entry from a directory's name, approximately as git does.
fn entry_name(name: &str) -> String {
    let sanitize = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let name: String = name.chars().map(sanitize).collect();
    let name = name.trim_matches(|c| c == '.' || c == '-').replace("..", "-");
    match name.strip_suffix(".lock").unwrap_or(&name) {
        "" => "worktree".to_owned(),
        name => name.to_owned(),
    }
}

/// Returns whether git accepts the name for a branch. The command reads no repository.
fn is_branch_name(branch: &str) -> bool {
    if branch.starts_with('-') || branch == "HEAD" {
        return false;
    }
    let mut git = Command::new("git");
    git.args(["check-ref-format", &format!("refs/heads/{branch}")]).current_dir("/");
    let git = git.env("GIT_CEILING_DIRECTORIES", "/").stdin(Stdio::null()).stderr(Stdio::null());
    git.status().is_ok_and(|status| status.success())
}
