//! A repository of its own, made of another one's commits.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::ResultExt as _;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::{GitHead, WorkspacePath};

use super::command::git;
use super::directory::GitDirectory;
use super::error::GitFilesError;
use super::files::GitFiles;
use super::{head, run_as_owner};
use crate::error::OperationError;
use crate::workspace_file::{self, FollowLinks};

/// Where a copy of the other repository is for the time of the call.
const STAGING: &str = ".git/origin";
/// The entry of its configuration that says whose clone it is, by which a fork
/// that was interrupted finds it again.
const CLONE_OF_KEY: &str = "containai.cloneOf";
/// The longest configuration, in bytes.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// Makes a repository at `path` with the branches and tags of another one, on
/// a new branch from where that is, or on that branch where there is one. Its
/// files are there, too: with a configuration that is new, and none of the
/// user's, no filter and no hook runs. Root works as the owner of the
/// repository.
///
/// git never works in the other repository, which a container may write: what
/// is needed of it is copied, and no link is followed. The path appears once
/// everything is there.
pub(crate) fn clone_with_clean_config(
    repository: &WorkspacePath,
    path: &WorkspacePath,
    branch: &str,
) -> crate::Result<()> {
    let parent = path.as_path().parent().unwrap_or(Path::new("/"));
    let cannot = || format!("cannot make a directory in `{}`", parent.display());
    let made = tempfile::Builder::new().prefix(".containai-").tempdir_in(parent);
    let made = made.with_context(cannot)?;
    let like = fs::metadata(repository.as_path())?;
    fs::set_permissions(made.path(), like.permissions()).with_context(cannot)?;
    if run_as_owner::is_other_user(&like) {
        chown(made.path(), Some(like.uid()), Some(like.gid())).with_context(cannot)?;
    }
    let apart = WorkspacePath::new(made.path())?;
    fill(repository, &apart, branch, &like).map_err(|said| {
        let message = format!("git makes no clone `{path}` on branch `{branch}`: {said:#}");
        let hint = said.find().map(GitFilesError::hint);
        let clone = || Hint::new("clone the repository yourself, and name the clone");
        OperationError::with_code(exit::FAILED, message).hint(hint.unwrap_or_else(clone))
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
    if !is_clone {
        return None;
    }
    let config =
        workspace_file::read(path, Path::new(".git/config"), FollowLinks::Never, MAX_CONFIG_BYTES)
            .ok()??;
    let origin = config_value(&config, CLONE_OF_KEY)?;
    (origin == repository.as_str()).then(|| head(path))
}

/// What a configuration says, which git is given as a text.
fn config_value(config: &str, key: &str) -> Option<String> {
    let mut git = git(Path::new("/"));
    git.args(["config", "--file", "-", "--no-includes", "--get", key]);
    let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut stdin = child.stdin.take()?;
    // git reads all of it before it prints one line.
    let written = stdin.write_all(config.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (written.is_ok() && output.status.success()).then(|| text.trim_end_matches('\n').to_owned())
}

fn fill(
    repository: &WorkspacePath,
    apart: &WorkspacePath,
    branch: &str,
    owner: &fs::Metadata,
) -> crate::Result<()> {
    let tell = |words: &[&str]| {
        let mut git = git(apart.as_path());
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_ALLOW_PROTOCOL", "file");
        git_output(git.args(words), owner)
    };
    let head = format!("refs/heads/{branch}");
    let staging = apart.as_path().join(STAGING);
    let from = staging.to_str().context("its path is no text")?;
    let files = GitFiles::open(repository)?;
    let commit = files.head_commit()?;
    let config = files.common.text("config", MAX_CONFIG_BYTES)?.unwrap_or_default();
    let format = config_value(&config, "extensions.objectFormat");
    let format = format!("--object-format={}", format.as_deref().unwrap_or("sha1"));
    tell(&["init", "--quiet", "--template=", &format])?;
    tell(&["config", CLONE_OF_KEY, repository.as_str()])?;
    tell(&["symbolic-ref", "HEAD", &head])?;
    tell(&["init", "--quiet", "--template=", &format, "--bare", from])?;
    let to = GitDirectory::open(&staging)?;
    run_as_owner::run_as_owner(owner, || stage(&files, &to, &commit))?;
    let all = ["refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*", "HEAD"];
    let fetch = ["fetch", "--quiet", "--update-shallow", "--update-head-ok", from];
    tell(&[&fetch[..], &all].concat())?;
    fs::remove_dir_all(&staging)?;
    if tell(&["show-ref", "--verify", "--quiet", &head]).is_err() {
        tell(&["update-ref", &head, &commit])?;
    }
    tell(&["reset", "--quiet", "--hard"])?;
    if let Some(url) = config_value(&config, "remote.origin.url") {
        set_origin_url(apart, &url)?;
    }
    Ok(())
}

/// Copies objects and references, with HEAD at the commit.
fn stage(files: &GitFiles, to: &GitDirectory, commit: &str) -> Result<(), GitFilesError> {
    for tree in ["objects", "refs"] {
        let missing = || GitFilesError::NotARepository(files.common.path().to_owned());
        copy(&files.common.child(tree)?.ok_or_else(missing)?, &to.ensure_child(tree)?)?;
    }
    for name in ["packed-refs", "shallow"] {
        if let Some(file) = files.common.file(name)? {
            copy_file(file, to, name)?;
        }
    }
    to.write("HEAD", &format!("{commit}\n"))
}

fn copy(from: &GitDirectory, to: &GitDirectory) -> Result<(), GitFilesError> {
    for name in from.names()? {
        match from.file(&name) {
            // Nobody has agreed to hand out another repository's objects.
            Ok(Some(_)) if name == "alternates" => {
                return Err(GitFilesError::Alternates(from.path().to_owned()));
            }
            Ok(Some(file)) => copy_file(file, to, &name)?,
            Ok(None) => {}
            Err(GitFilesError::NotAFile(_)) => {
                if let Some(child) = from.child(&name)? {
                    copy(&child, &to.ensure_child(&name)?)?;
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn copy_file(mut from: fs::File, to: &GitDirectory, name: &str) -> Result<(), GitFilesError> {
    let copied = io::copy(&mut from, &mut to.create(name)?);
    let path = to.path().join(name);
    copied.map(|_| ()).map_err(|source| GitFilesError::Io { path, source })
}

/// An address may have a token in it, which must not stand in a command line.
fn set_origin_url(apart: &WorkspacePath, url: &str) -> crate::Result<()> {
    let mut file = OpenOptions::new().append(true).open(apart.as_path().join(".git/config"))?;
    let url = url.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let fetch = "+refs/heads/*:refs/remotes/origin/*";
    Ok(writeln!(file, "[remote \"origin\"]\n\turl = \"{url}\"\n\tfetch = {fetch}")?)
}

/// What git prints; an error is what it complains about.
fn git_output(git: &mut Command, owner: &fs::Metadata) -> crate::Result<String> {
    if run_as_owner::is_other_user(owner) {
        git.uid(owner.uid()).gid(owner.gid());
    }
    let output = git.stderr(Stdio::piped()).output().context("cannot run `git`")?;
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    crate::error::ensure!(output.status.success(), "{complaint}");
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
