//! A repository of its own, made of another one's commits.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::{GitHead, WorkspacePath};

use super::{git, head};
use crate::error::CliError;

/// Where the commits are on their way, below the new repository.
const BUNDLE: &str = ".git/bundle";
/// The entry of its configuration that says whose clone it is, by which a fork
/// that was interrupted finds it again.
const MARK: &str = "containai.cloneOf";

/// Makes a repository at `path` with the branches and tags of another one, on
/// a new branch from where that is, or on that branch where there is one. Its
/// files are there, too: with a configuration that is new, and none of the
/// user's, no filter and no hook runs. Root works as the owner of the
/// repository.
///
/// The path appears once everything is there.
pub(crate) fn make_apart(
    repository: &WorkspacePath,
    path: &WorkspacePath,
    branch: &str,
) -> anyhow::Result<()> {
    let parent = path.as_path().parent().unwrap_or(Path::new("/"));
    let cannot = || format!("cannot make a directory in `{}`", parent.display());
    let made = tempfile::Builder::new().prefix(".containai-").tempdir_in(parent);
    let made = made.with_context(cannot)?;
    let like = fs::metadata(repository.as_path())?;
    fs::set_permissions(made.path(), like.permissions()).with_context(cannot)?;
    if is_for_another(&like) {
        chown(made.path(), Some(like.uid()), Some(like.gid())).with_context(cannot)?;
    }
    let apart = WorkspacePath::new(made.path())?;
    fill(repository, &apart, branch, &like).map_err(|said| {
        let message = format!("git makes no clone `{path}` on branch `{branch}`: {said:#}");
        let hint = Hint::new("clone the repository yourself, and name the clone");
        CliError::with_code(exit::FAILED, message).hint(hint)
    })?;
    // What came there meanwhile is not replaced, unless it is empty.
    fs::rename(made.path(), path.as_path()).with_context(|| format!("cannot make `{path}`"))?;
    drop(made.keep());
    Ok(())
}

/// What the HEAD of a clone points to that [`make_apart`] made of the repository;
/// `None` for any other directory, and for a clone of somebody who is neither
/// the repository's owner nor the caller.
pub(crate) fn clone_head(repository: &WorkspacePath, path: &WorkspacePath) -> Option<GitHead> {
    let owner = fs::metadata(repository.as_path()).ok()?.uid();
    let is_theirs = |uid| uid == owner || uid == nix::unistd::geteuid().as_raw();
    let is_clone = [path.as_path().to_owned(), path.as_path().join(".git")]
        .iter()
        .all(|it| fs::symlink_metadata(it).is_ok_and(|it| it.is_dir() && is_theirs(it.uid())));
    let ask = ["config", "--local", "--no-includes", "--get", MARK];
    let output = is_clone.then(|| git(path).args(ask).output())?.ok()?;
    let origin = String::from_utf8_lossy(&output.stdout);
    (origin.trim_end_matches('\n') == repository.as_str()).then(|| head(path))
}

fn fill(
    repository: &WorkspacePath,
    apart: &WorkspacePath,
    branch: &str,
    owner: &fs::Metadata,
) -> anyhow::Result<()> {
    let ask = |words: &[&str]| said(git(repository).args(words), owner);
    let tell = |words: &[&str]| {
        let mut git = git(apart);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_ALLOW_PROTOCOL", "file");
        said(git.args(words), owner)
    };
    let head = format!("refs/heads/{branch}");
    let bundle = apart.as_path().join(BUNDLE);
    let bundle = bundle.to_str().context("its path is no text")?;
    let commit = ask(&["rev-parse", "--verify", "HEAD^{commit}"])?;
    tell(&["init", "--quiet", "--template="])?;
    tell(&["config", MARK, repository.as_str()])?;
    tell(&["symbolic-ref", "HEAD", &head])?;
    ask(&["bundle", "create", "--quiet", bundle, "--branches", "--tags", "HEAD"])?;
    let all = ["refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*", "HEAD"];
    tell(&[&["fetch", "--quiet", "--update-head-ok", bundle][..], &all].concat())?;
    fs::remove_file(bundle)?;
    if tell(&["show-ref", "--verify", "--quiet", &head]).is_err() {
        tell(&["update-ref", &head, &commit])?;
    }
    tell(&["reset", "--quiet", "--hard"])?;
    if let Ok(url) = ask(&["config", "--get", "remote.origin.url"]) {
        name_origin(apart, &url)?;
    }
    Ok(())
}

/// An address may have a token in it, which must not stand in a command line.
fn name_origin(apart: &WorkspacePath, url: &str) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().append(true).open(apart.as_path().join(".git/config"))?;
    let url = url.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let fetch = "+refs/heads/*:refs/remotes/origin/*";
    Ok(writeln!(file, "[remote \"origin\"]\n\turl = \"{url}\"\n\tfetch = {fetch}")?)
}

fn is_for_another(owner: &fs::Metadata) -> bool {
    nix::unistd::geteuid().is_root() && owner.uid() != 0
}

/// What git prints; an error is what it complains about.
fn said(git: &mut Command, owner: &fs::Metadata) -> anyhow::Result<String> {
    if is_for_another(owner) {
        git.uid(owner.uid()).gid(owner.gid());
    }
    let output = git.stderr(Stdio::piped()).output().context("cannot run `git`")?;
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    anyhow::ensure!(output.status.success(), complaint);
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
