//! Repositories of the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A git repository with one commit on `main`.
#[derive(Clone, Debug)]
pub struct Repository {
    path: PathBuf,
}

impl Repository {
    /// Creates a repository with a one-line `README`.
    ///
    /// # Panics
    ///
    /// When git fails.
    #[track_caller]
    pub fn create(path: impl Into<PathBuf>) -> Self {
        let repository = Self { path: path.into() };
        fs::create_dir_all(&repository.path).expect("a directory can be made");
        fs::write(repository.path.join("README"), "hello\n").expect("a file can be written");
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.git(&["add", "README"]);
        repository.git(&["commit", "--quiet", "--message=first"]);
        repository
    }

    /// Returns an existing repository.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Gives the whole tree to this user and the group of the same number.
    #[must_use]
    #[track_caller]
    pub fn owned_by(self, uid: u32) -> Self {
        chown_tree(&self.path, uid);
        self
    }

    /// Runs git in it, without any configuration of the machine.
    #[track_caller]
    pub fn git(&self, args: &[&str]) {
        let output = Command::new("git")
            .args(["-c", "user.name=Test", "-c", "user.email=test@localhost"])
            .args(["-c", "safe.directory=*"])
            .args(args)
            .current_dir(&self.path)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("git is installed");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?} failed: {stderr}");
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns a path below it.
    pub fn join(&self, path: &str) -> PathBuf {
        self.path.join(path)
    }
}

impl AsRef<Path> for Repository {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

impl From<&Repository> for PathBuf {
    fn from(repository: &Repository) -> Self {
        repository.path.clone()
    }
}

/// Changes the owner of a tree; symbolic links are changed themselves and not followed.
fn chown_tree(path: &Path, uid: u32) {
    std::os::unix::fs::lchown(path, Some(uid), Some(uid)).expect("only root can run these tests");
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).expect("a directory can be read") {
            chown_tree(&entry.expect("an entry").path(), uid);
        }
    }
}
