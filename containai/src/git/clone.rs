//! Cloning the repository of a workspace.

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

/// The path of a temporary copy of the source repository.
const STAGING: &str = ".git/origin";
/// The setting that records the source of the clone, by which an interrupted fork finds it again.
const CLONE_OF_KEY: &str = "containai.cloneOf";
/// The longest configuration, in bytes.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// Clones a repository to `path` with its branches and tags, and checks out this branch, which
/// starts at the source's HEAD if it is new. The clone has a new configuration and the user's is
/// not read, so that no filter or hook runs. Root acts as the owner of the repository.
///
/// git never runs in the source repository, which a container can change: the required files are
/// copied from it without following links. `path` appears when the clone is complete.
pub(crate) fn clone_with_clean_config(
    repository: &WorkspacePath,
    path: &WorkspacePath,
    branch: &str,
) -> crate::Result<()> {
    let parent = path.as_path().parent().unwrap_or(Path::new("/"));
    let context = || format!("cannot create a directory in `{}`", parent.display());
    let temporary = tempfile::Builder::new().prefix(".containai-").tempdir_in(parent);
    let temporary = temporary.with_context(context)?;
    let owner = fs::metadata(repository.as_path())?;
    fs::set_permissions(temporary.path(), owner.permissions()).with_context(context)?;
    if run_as_owner::is_other_user(&owner) {
        chown(temporary.path(), Some(owner.uid()), Some(owner.gid())).with_context(context)?;
    }
    let clone = WorkspacePath::new(temporary.path())?;
    fill(repository, &clone, branch, &owner).map_err(|error| {
        let message = format!("cannot clone to `{path}` on branch `{branch}`: {error:#}");
        let hint = error.find().map(GitFilesError::hint);
        let default = || Hint::new("clone the repository yourself, and name the clone");
        OperationError::with_code(exit::FAILED, message).hint(hint.unwrap_or_else(default))
    })?;
    // Replaces only an empty directory, rename(2).
    fs::rename(temporary.path(), path.as_path())
        .with_context(|| format!("cannot create `{path}`"))?;
    drop(temporary.keep());
    Ok(())
}

/// Reads the HEAD of a clone of the repository that [`clone_with_clean_config`] made; `None` for
/// any other directory, and for clones of users other than the repository's owner and the caller.
pub(crate) fn clone_head(repository: &WorkspacePath, path: &WorkspacePath) -> Option<GitHead> {
    let owner = fs::metadata(repository.as_path()).ok()?.uid();
    let is_accepted = |uid| uid == owner || uid == nix::unistd::geteuid().as_raw();
    let is_clone = [path.as_path().to_owned(), path.as_path().join(".git")]
        .iter()
        .all(|it| fs::symlink_metadata(it).is_ok_and(|it| it.is_dir() && is_accepted(it.uid())));
    if !is_clone {
        return None;
    }
    let config =
        workspace_file::read(path, Path::new(".git/config"), FollowLinks::Never, MAX_CONFIG_BYTES)
            .ok()??;
    let origin = config_value(&config, CLONE_OF_KEY)?;
    (origin == repository.as_str()).then(|| head(path))
}

/// Returns a setting of a configuration text, which git reads from its standard input.
fn config_value(config: &str, key: &str) -> Option<String> {
    let mut git = git(Path::new("/"));
    git.args(["config", "--file", "-", "--no-includes", "--get", key]);
    let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut stdin = child.stdin.take()?;
    // git reads the whole input before it prints anything.
    let written = stdin.write_all(config.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (written.is_ok() && output.status.success()).then(|| text.trim_end_matches('\n').to_owned())
}

/// Creates the clone in the empty directory `clone`.
fn fill(
    repository: &WorkspacePath,
    clone: &WorkspacePath,
    branch: &str,
    owner: &fs::Metadata,
) -> crate::Result<()> {
    let run = |args: &[&str]| {
        let mut git = git(clone.as_path());
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_ALLOW_PROTOCOL", "file");
        git_output(git.args(args), owner)
    };
    let head = format!("refs/heads/{branch}");
    let staging = clone.as_path().join(STAGING);
    let source = staging.to_str().context("the path is not UTF-8")?;
    let files = GitFiles::open(repository)?;
    let commit = files.head_commit()?;
    let config = files.common.text("config", MAX_CONFIG_BYTES)?.unwrap_or_default();
    let format = config_value(&config, "extensions.objectFormat");
    let format = format!("--object-format={}", format.as_deref().unwrap_or("sha1"));
    run(&["init", "--quiet", "--template=", &format])?;
    run(&["config", CLONE_OF_KEY, repository.as_str()])?;
    run(&["symbolic-ref", "HEAD", &head])?;
    run(&["init", "--quiet", "--template=", &format, "--bare", source])?;
    let to = GitDirectory::open(&staging)?;
    run_as_owner::run_as_owner(owner, || stage(&files, &to, &commit))?;
    let refspecs = ["refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*", "HEAD"];
    let fetch = ["fetch", "--quiet", "--update-shallow", "--update-head-ok", source];
    run(&[&fetch[..], &refspecs].concat())?;
    fs::remove_dir_all(&staging)?;
    if run(&["show-ref", "--verify", "--quiet", &head]).is_err() {
        run(&["update-ref", &head, &commit])?;
    }
    run(&["reset", "--quiet", "--hard"])?;
    if let Some(url) = config_value(&config, "remote.origin.url") {
        set_origin_url(clone, &url)?;
    }
    Ok(())
}

/// Copies objects and references, with HEAD detached at `commit`.
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
            // The objects of another repository must not become readable by the fork.
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

/// Writes the URL of the remote `origin` to the configuration. The URL may contain a token, which
/// must not appear on a command line.
fn set_origin_url(clone: &WorkspacePath, url: &str) -> crate::Result<()> {
    let mut file = OpenOptions::new().append(true).open(clone.as_path().join(".git/config"))?;
    let url = url.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let fetch = "+refs/heads/*:refs/remotes/origin/*";
    Ok(writeln!(file, "[remote \"origin\"]\n\turl = \"{url}\"\n\tfetch = {fetch}")?)
}

/// Runs git and returns its output; an error is git's stderr.
fn git_output(git: &mut Command, owner: &fs::Metadata) -> crate::Result<String> {
    if run_as_owner::is_other_user(owner) {
        git.uid(owner.uid()).gid(owner.gid());
    }
    let output = git.stderr(Stdio::piped()).output().context("cannot run `git`")?;
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    crate::error::ensure!(output.status.success(), "{stderr}");
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
