//! What git says about a workspace.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use containai_core::naming::{GitHead, WorkspacePath};

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

/// A call of git that is told to run nothing from the repository's
/// configuration, and to read it whoever owns it.
fn git(workspace: &WorkspacePath) -> Command {
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-C"])
        .arg(workspace.as_path())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    git
}
