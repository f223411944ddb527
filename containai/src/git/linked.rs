//! A linked worktree, made without git (gitrepository-layout(5)).
//!
//! git follows symbolic links in a repository, writes reflogs with the identity
//! that the repository names, and runs its hooks and filters. What a worktree
//! needs is three files, a branch and a pointer. No reflog is written.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use containai_core::naming::WorkspacePath;
use rustix::io::Errno;

use super::directory::GitDirectory;
use super::error::GitFilesError;
use super::files::GitFiles;

/// How many entries may have one name; the next has a number after it.
const MAX_ENTRIES_PER_NAME: usize = 1000;

/// A worktree that can be made.
#[derive(Debug)]
pub(crate) struct NewWorktree<'a> {
    files: GitFiles,
    path: &'a WorkspacePath,
    branch: &'a str,
    /// Where the new branch begins; `None` for one that there is.
    start: Option<String>,
}

impl<'a> NewWorktree<'a> {
    /// Looks whether it can be made; writes nothing.
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

    /// Makes it; the directory appears last, and whole.
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

    /// The entry that an earlier call has begun for this path, else a new one.
    fn entry(&self, worktrees: &GitDirectory) -> Result<GitDirectory, GitFilesError> {
        let pointer = self.path.as_path().join(".git");
        let begun = self.files.worktrees()?.into_iter().find(|it| it.pointer == pointer);
        if let Some(entry) = begun
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

/// Where a branch that is not there would begin; `None` where it is there.
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
    // A file and a directory cannot have one name; packed references neither.
    let in_the_way = |there: &str| {
        let (longer, shorter) = (format!("{name}/"), format!("{there}/"));
        there.starts_with(&longer) || name.starts_with(&shorter)
    };
    let packed = files.packed_refs()?.into_iter().map(|it| it.1).find(|it| in_the_way(it));
    let mut above = name.match_indices('/').skip(2).map(|(end, _)| &name[..end]);
    let loose = match packed {
        Some(packed) => Some(packed),
        None => above
            .find(|it| matches!(files.common.file(it), Ok(Some(_))))
            .map(str::to_owned)
            .or_else(|| files.common.has(&name).then(|| name.clone())),
    };
    match loose {
        // git removes directories that are empty.
        Some(there) if there != name || !is_empty(files, &name)? => {
            let there = there.trim_start_matches("refs/heads/").to_owned();
            Err(GitFilesError::BranchConflict { branch: branch.to_owned(), there })
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

/// Makes a branch that is not there.
fn add_branch(common: &GitDirectory, branch: &str, start: &str) -> Result<(), GitFilesError> {
    let missing = || GitFilesError::NotARepository(common.path().to_owned());
    let mut directory = common.child("refs")?.ok_or_else(missing)?.ensure_child("heads")?;
    let (parents, leaf) = branch.rsplit_once('/').unwrap_or(("", branch));
    for name in parents.split('/').filter(|name| !name.is_empty()) {
        directory = directory.ensure_child(name)?;
    }
    directory.remove_directory(leaf);
    if directory.has(leaf) {
        let there = branch.to_owned();
        return Err(GitFilesError::BranchConflict { branch: there.clone(), there });
    }
    directory.write(leaf, &format!("{start}\n"))
}

/// Makes the directory of the worktree with nothing but its `.git`.
fn create_directory(path: &Path, pointer: &str) -> Result<(), GitFilesError> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name().and_then(|it| it.to_str()))
    else {
        return Err(GitFilesError::from_errno(path, Errno::INVAL));
    };
    let parent = GitDirectory::open(parent)?;
    let aside = format!(".containai-{}.new", std::process::id());
    // One that a process of the same number has left.
    parent.remove_directory(&aside);
    let tree = parent
        .create_child(&aside)?
        .ok_or_else(|| GitFilesError::from_errno(path, Errno::EXIST))?;
    let placed = tree.write(".git", pointer).and_then(|()| {
        // Of what came there meanwhile only an empty directory is replaced.
        parent.rename(&aside, name).map_err(|errno| GitFilesError::from_errno(path, errno))
    });
    if placed.is_err() {
        tree.remove(".git");
        parent.remove_directory(&aside);
    }
    placed
}

/// What git makes of a directory's name for an entry, roughly.
fn entry_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let name = name.trim_matches(|c| c == '.' || c == '-').replace("..", "-");
    match name.strip_suffix(".lock").unwrap_or(&name) {
        "" => "worktree".to_owned(),
        name => name.to_owned(),
    }
}

/// As git judges it; without a repository there is nothing to follow.
fn is_branch_name(branch: &str) -> bool {
    if branch.starts_with('-') || branch == "HEAD" {
        return false;
    }
    let mut git = Command::new("git");
    git.args(["check-ref-format", &format!("refs/heads/{branch}")]).current_dir("/");
    let git = git.env("GIT_CEILING_DIRECTORIES", "/").stdin(Stdio::null()).stderr(Stdio::null());
    git.status().is_ok_and(|status| status.success())
}
