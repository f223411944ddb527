//! What git says about a workspace.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::{GitHead, WorkspacePath};

use crate::error::CliError;

mod apart;
mod confined;

pub(crate) use apart::{clone_head, make_apart};
pub(crate) use confined::{ConfinedGit, confined};

/// The top directory of the repository around `directory`; `None` outside one.
pub(crate) fn top_level(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().find(|path| path.join(".git").exists()).map(Path::to_owned)
}

/// What the user's own configuration says, wherever the command is given: that
/// of the repository is inside anyway.
pub(crate) fn of_user(key: &str) -> Option<String> {
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
    if top_level(workspace.as_path()).is_none() {
        return GitHead::NoGit;
    }
    let output = git(workspace).args(["rev-parse", "--abbrev-ref", "HEAD"]).output();
    let Ok(output) = output else { return GitHead::NoGit };
    let text = String::from_utf8_lossy(&output.stdout);
    match text.trim() {
        branch if output.status.success() && !branch.is_empty() && branch != "HEAD" => {
            GitHead::Branch(branch.to_owned())
        }
        _ => GitHead::Detached,
    }
}

/// What git says about the files of a repository, by paths below its top.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// What is tracked, and what would be if it were added. A directory is a
    /// repository of its own.
    pub(crate) kept: Vec<String>,
    /// What is ignored; a directory of nothing else is one path with a slash.
    pub(crate) ignored: Vec<String>,
}

/// Lists the files of a workspace that is the top of a repository; `None` for
/// any other, and where there is no git.
pub(crate) fn listing(workspace: &WorkspacePath) -> anyhow::Result<Option<Listing>> {
    if top_level(workspace.as_path()).as_deref() != Some(workspace.as_path()) {
        return Ok(None);
    }
    let list = |options: &[&str]| -> anyhow::Result<Option<Vec<String>>> {
        let output = match git(workspace).args(["ls-files", "-z"]).args(options).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            output => output.context("cannot run `git`")?,
        };
        let is_list = output.status.success();
        anyhow::ensure!(is_list, "`git ls-files` failed in `{workspace}`: {}", output.status);
        // A name that is no text cannot be told from others on the other side.
        let names = output.stdout.split(|&byte| byte == 0).filter(|name| !name.is_empty());
        Ok(Some(names.filter_map(|name| String::from_utf8(name.to_vec()).ok()).collect()))
    };
    let Some(kept) = list(&["--cached", "--others", "--exclude-standard"])? else {
        return Ok(None);
    };
    let ignored = list(&["--others", "--ignored", "--exclude-standard", "--directory"])?;
    Ok(Some(Listing { kept, ignored: ignored.unwrap_or_default() }))
}

/// What the HEAD of a linked worktree of the repository points to; `None` for any
/// other directory.
pub(crate) fn worktree_head(repository: &WorkspacePath, path: &WorkspacePath) -> Option<GitHead> {
    let output = git(repository).args(["worktree", "list", "--porcelain"]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let is_it = |entry: &&str| {
        entry.lines().any(|line| line.strip_prefix("worktree ") == Some(path.as_str()))
    };
    let entry = text.split("\n\n").find(is_it)?;
    let branch = entry.lines().find_map(|line| line.strip_prefix("branch refs/heads/"));
    Some(branch.map_or(GitHead::Detached, |it| GitHead::Branch(it.to_owned())))
}

/// Makes a linked worktree on a new branch from where the repository is, or on
/// that branch where there is one, and checks nothing out: filters of the
/// repository would run here. Root works as the owner of the repository, who
/// else could not use what is made.
pub(crate) fn add_worktree(
    repository: &WorkspacePath,
    path: &WorkspacePath,
    branch: &str,
) -> anyhow::Result<()> {
    let exists = git(repository)
        .args(["show-ref", "--verify", "--quiet", &format!("refs/heads/{branch}")])
        .status()
        .context("cannot run `git`")?
        .success();
    let mut command = git(repository);
    command.args(["-c", "core.hooksPath=/dev/null", "worktree", "add", "--quiet", "--no-checkout"]);
    match exists {
        true => command.arg(path.as_path()).arg(branch),
        false => command.args(["-b", branch]).arg(path.as_path()),
    };
    let owner = std::fs::metadata(repository.as_path())?;
    if nix::unistd::geteuid().is_root() && owner.uid() != 0 {
        command.uid(owner.uid()).gid(owner.gid());
    }
    let output = command.stderr(Stdio::piped()).output().context("cannot run `git`")?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let message = format!("git makes no worktree `{path}` on branch `{branch}`: {said}");
    let hint = Hint::new("name another path, or another branch with `--branch`");
    Err(CliError::with_code(exit::FAILED, message).hint(hint).into())
}

/// A call of git that is told to run nothing from the repository's
/// configuration, and to read it whoever owns it.
fn git(workspace: &WorkspacePath) -> Command {
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-C"])
        .arg(workspace.as_path())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        // An object that is missing could be asked of a remote, which is a
        // command of the repository's.
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    git
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(directory: &Path, script: &str) {
        let mut shell = Command::new("sh");
        shell.args(["-ec", script]).current_dir(directory);
        shell.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(shell.status().is_ok_and(|status| status.success()), "{script}");
    }

    fn repository(directory: &Path) -> anyhow::Result<WorkspacePath> {
        let path = directory.canonicalize()?.join("api");
        std::fs::create_dir(&path)?;
        sh(
            &path,
            "git init -q -b main; git config user.name A; git config user.email a@b
             echo text > file; git add file; git commit -q -m first",
        );
        Ok(WorkspacePath::new(path)?)
    }

    fn names(directory: &Path) -> anyhow::Result<Vec<std::ffi::OsString>> {
        let mut names: Vec<_> =
            std::fs::read_dir(directory)?.flatten().map(|it| it.file_name()).collect();
        names.sort();
        Ok(names)
    }

    /// What a repository may say that has git run its programs.
    const TRAPS: &str = r"git config filter.evil.smudge 'touch ../smudged; cat'
        git config core.fsmonitor 'touch ../monitored'
        for hook in post-checkout reference-transaction; do
          printf '#!/bin/sh\ntouch ../hooked\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook
        done";

    #[test]
    fn a_worktree_is_made_without_running_what_the_repository_says() -> anyhow::Result<()> {
        let place = tempfile::TempDir::new()?;
        let repository = repository(place.path())?;
        sh(repository.as_path(), &format!("{TRAPS}; echo '* filter=evil' > .git/info/attributes"));
        let tree = WorkspacePath::new(repository.as_path().with_file_name("api-fork"))?;
        assert_eq!(worktree_head(&repository, &tree), None);
        add_worktree(&repository, &tree, "fork/one")?;
        let branch = GitHead::Branch("fork/one".into());
        assert_eq!(worktree_head(&repository, &tree), Some(branch));
        assert_eq!(names(place.path())?, ["api", "api-fork"]);
        assert_eq!(std::fs::read_dir(tree.as_path())?.count(), 1, "nothing is checked out");
        let refused = add_worktree(&repository, &tree, "fork/two");
        assert!(refused.is_err_and(|error| error.to_string().contains("fork/two")));
        Ok(())
    }

    #[test]
    fn a_clone_is_made_without_running_what_the_repository_says() -> anyhow::Result<()> {
        let place = tempfile::TempDir::new()?;
        let repository = repository(place.path())?;
        sh(
            repository.as_path(),
            &format!(
                "echo '* filter=evil' > .gitattributes; git add .gitattributes
                 git commit -q -m second; git branch side; git tag v1; git checkout -q --detach
                 git config remote.origin.url https://git.example/api.git; {TRAPS}"
            ),
        );
        let path = WorkspacePath::new(repository.as_path().with_file_name("api-fork"))?;
        assert_eq!(clone_head(&repository, &path), None);
        make_apart(&repository, &path, "fork/one")?;
        assert_eq!(clone_head(&repository, &path), Some(GitHead::Branch("fork/one".into())));
        assert_eq!(names(place.path())?, ["api", "api-fork"]);
        sh(
            path.as_path(),
            "test \"$(cat file)\" = text; test -z \"$(git status --short)\"
             test \"$(git branch --show-current)\" = fork/one
             test \"$(git for-each-ref --format='%(refname)' | tr '\\n' ' ')\" = \\
               'refs/heads/fork/one refs/heads/main refs/heads/side refs/tags/v1 '
             test \"$(git remote get-url origin)\" = https://git.example/api.git
             ! test -e .git/hooks && ! test -e .git/bundle",
        );
        assert!(make_apart(&repository, &path, "fork/two").is_err(), "nothing is replaced");
        let other = WorkspacePath::new(repository.as_path().with_file_name("api-side"))?;
        make_apart(&repository, &other, "side")?;
        sh(other.as_path(), "test \"$(git branch --show-current)\" = side; test -e file");
        assert_eq!(clone_head(&other, &path), None, "a clone of another repository");
        sh(place.path(), "git clone -q api theirs; mkdir empty; ln -s api-fork link");
        for name in ["theirs", "empty", "link"] {
            let path = WorkspacePath::new(repository.as_path().with_file_name(name))?;
            assert_eq!(clone_head(&repository, &path), None, "{name}");
        }
        Ok(())
    }

    #[test]
    fn what_is_missing_is_asked_of_nobody() -> anyhow::Result<()> {
        let place = tempfile::TempDir::new()?;
        let repository = repository(place.path())?;
        sh(
            repository.as_path(),
            "git config core.repositoryFormatVersion 1; git config extensions.partialClone evil
             git config remote.evil.promisor true; git config protocol.ext.allow always
             git config remote.evil.url 'ext::sh -c touch% ../fetched'
             rm -r .git/objects/??",
        );
        let tree = WorkspacePath::new(repository.as_path().with_file_name("api-fork"))?;
        assert!(add_worktree(&repository, &tree, "fork/one").is_err());
        let error = make_apart(&repository, &tree, "fork/one").expect_err("nothing is there");
        assert!(error.to_string().contains("makes no clone"), "{error}");
        assert!(!tree.as_path().exists());
        assert!(!repository.as_path().with_file_name("fetched").exists());
        Ok(())
    }
}
