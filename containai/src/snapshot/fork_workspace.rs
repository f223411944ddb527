//! The directory that a fork works on.

use std::path::{Path, PathBuf};

use containai_core::hint::Hint;
use containai_core::lifecycle::snapshot::Snapshot;
use containai_core::naming::{ClientId, GitHead, WorkspacePath};

use super::checkout_kind::CheckoutKind;
use crate::error::OperationError;
use crate::process_env::ProcessEnv;
use crate::{git, workspace};

/// What a fork works on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ForkWorkspace {
    pub workspace: WorkspacePath,
    /// The branch that is checked out there; `None` for a directory as it is.
    pub branch: Option<String>,
    /// What has to be made of it first; `None` for what is there.
    checkout: Option<CheckoutKind>,
}

impl ForkWorkspace {
    /// A directory that was named is taken as it is; otherwise a linked worktree
    /// is made, or a clone for another machine's engine, beside the repository
    /// where no path was named. One that an earlier call has made is gone on
    /// with; any other directory that is there was not meant unless it was named.
    pub fn choose(
        snapshot: &Snapshot,
        path: Option<&Path>,
        branch: Option<&str>,
        client: Option<&ClientId>,
        env: &ProcessEnv,
    ) -> Result<Self, OperationError> {
        let origin = &snapshot.workspace;
        let wanted = branch.map_or_else(|| format!("fork/{}", snapshot.name), str::to_owned);
        let named = path.map(|path| env.directory.join(path));
        let path = named.clone().unwrap_or_else(|| sibling_path(origin, &wanted));
        if path.is_dir() {
            let workspace = workspace::find(Some(&path), env, workspace::ProtectedPathUse::Refuse)?;
            let head = git::worktree_head(origin, &workspace)
                .or_else(|| git::clone_head(origin, &workspace));
            return match (named, head) {
                (None, None) => Err(other_user_error(&workspace)),
                (_, head) => Self::existing(workspace, origin, head, branch),
            };
        }
        if git::top_level(origin.as_path()).as_deref() != Some(origin.as_path()) {
            let message = format!("`{origin}` is not the top of a repository");
            let hint = Hint::new("name a directory for the fork to work on");
            return Err(OperationError::usage(message).hint(hint));
        }
        let workspace = resolve_parent_links(&path)?;
        let is_inside = workspace.as_path().starts_with(origin.as_path());
        let around = match client {
            _ if is_inside => Some(origin.as_path().to_owned()),
            // git works in a clone, and must not where a container writes.
            Some(_) => workspace.as_path().parent().and_then(git::top_level),
            None => None,
        };
        if let Some(around) = around {
            let message =
                format!("`{workspace}` is inside of the workspace `{}`", around.display());
            let hint = Hint::new("name a path outside, where no container changes it meanwhile");
            return Err(OperationError::usage(message).hint(hint));
        }
        git::check_fork(origin, &wanted)?;
        let making = if client.is_some() { CheckoutKind::Clone } else { CheckoutKind::Worktree };
        Ok(Self { workspace, branch: Some(wanted), checkout: Some(making) })
    }

    /// Makes what is not there yet.
    pub fn create(&self, origin: &WorkspacePath) -> crate::Result<()> {
        match (self.checkout, &self.branch) {
            (Some(making), Some(branch)) => making.create(origin, &self.workspace, branch),
            _ => Ok(()),
        }
    }

    /// What [`make`](Self::make) does, for people.
    pub fn description(&self) -> Option<String> {
        Some(self.checkout?.description(&self.workspace, self.branch.as_deref()?))
    }

    fn existing(
        workspace: WorkspacePath,
        origin: &WorkspacePath,
        head: Option<GitHead>,
        branch: Option<&str>,
    ) -> Result<Self, OperationError> {
        if workspace == *origin {
            let message = format!("`{workspace}` is the workspace of the snapshot itself");
            let hint = Hint::new("name another directory, or use `cai snapshot restore`");
            return Err(OperationError::usage(message).hint(hint));
        }
        let has = head.and_then(GitHead::into_branch);
        match (branch, &has) {
            (Some(wanted), has) if has.as_deref() != Some(wanted) => {
                let message = format!("`{workspace}` is there, and not on branch `{wanted}`");
                let hint = Hint::new("name a path that is free, or leave out `--branch`");
                Err(OperationError::usage(message).hint(hint))
            }
            _ => Ok(Self { workspace, branch: has, checkout: None }),
        }
    }
}

fn other_user_error(workspace: &WorkspacePath) -> OperationError {
    let message = format!("`{workspace}` is there, and is no fork of this repository");
    let hint = Hint::new("name it to work on it as it is, or name a path that is free");
    OperationError::usage(message).hint(hint)
}

fn sibling_path(origin: &WorkspacePath, branch: &str) -> PathBuf {
    let leaf = branch.strip_prefix("fork/").unwrap_or(branch).replace('/', "-");
    let parent = origin.as_path().parent().unwrap_or(Path::new("/"));
    parent.join(format!("{}-{leaf}", origin.dir_name()))
}

/// The path with the links of its parent resolved, as the workspace will have it.
fn resolve_parent_links(path: &Path) -> Result<WorkspacePath, OperationError> {
    let shown = path.display();
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(OperationError::usage(format!("`{shown}` is no path for a worktree")));
    };
    let parent = parent.canonicalize().map_err(|_| {
        OperationError::usage(format!("`{shown}` is in no directory"))
            .hint(Hint::new("make the directory around it first"))
    })?;
    WorkspacePath::new(parent.join(name)).map_err(|error| OperationError::usage(error.to_string()))
}
