//! What git says about a workspace.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use containai_core::naming::{GitHead, WorkspacePath};

/// The top directory of the repository around `directory`; `None` outside one.
pub(crate) fn top_level(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().find(|path| path.join(".git").exists()).map(Path::to_owned)
}

/// What the workspace's HEAD points to.
///
/// The repository is not trusted: git is told to run nothing from its
/// configuration, and to read it whoever owns it.
pub(crate) fn head(workspace: &WorkspacePath) -> GitHead {
    if top_level(workspace.as_path()).is_none() {
        return GitHead::NoGit;
    }
    let output = Command::new("git")
        .args(["-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-C"])
        .arg(workspace.as_path())
        .args(["rev-parse", "--abbrev-ref", "HEAD"])
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Ok(output) = output else { return GitHead::NoGit };
    let text = String::from_utf8_lossy(&output.stdout);
    match text.trim() {
        branch if output.status.success() && !branch.is_empty() && branch != "HEAD" => {
            GitHead::Branch(branch.to_owned())
        }
        _ => GitHead::Detached,
    }
}
