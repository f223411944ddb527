//! The workspace of a fork.

use std::path::{Path, PathBuf};

use containai_core::hint::Hint;
use containai_core::lifecycle::snapshot::Snapshot;
use containai_core::naming::{ClientId, GitHead, WorkspacePath};

use super::checkout_kind::CheckoutKind;
use crate::error::OperationError;
use crate::process_env::ProcessEnv;
use crate::{git, workspace};

/// The workspace of a fork.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ForkWorkspace {
    /// The directory.
    pub workspace: WorkspacePath,
    /// The branch that is checked out; `None` for an existing directory without a known branch.
    pub branch: Option<String>,
    /// The checkout to create; `None` for an existing directory.
    checkout: Option<CheckoutKind>,
}

impl ForkWorkspace {
    /// Chooses the workspace for a fork of `snapshot`. An existing directory at `path` is used as it
    /// is. Otherwise a linked worktree is planned, or a clone for a remote engine, at `path` or beside
    /// the repository. `branch` defaults to `fork/` and the name of the snapshot. `client` is `None`
    /// for a local engine. Without `path`, an existing directory is accepted only if an earlier call
    /// created it.
    ///
    /// # Errors
    ///
    /// A usage error if the directory or branch cannot be used.
    pub fn choose(
        snapshot: &Snapshot,
        path: Option<&Path>,
        branch: Option<&str>,
        client: Option<&ClientId>,
        env: &ProcessEnv,
    ) -> Result<Self, OperationError> {
        let origin = &snapshot.workspace;
        let branch_name = branch.map_or_else(|| format!("fork/{}", snapshot.name), str::to_owned);
        let given = path.map(|path| env.directory.join(path));
        let path = given.clone().unwrap_or_else(|| sibling_path(origin, &branch_name));
        if path.is_dir() {
            let workspace = workspace::find(Some(&path), env, workspace::ProtectedPathUse::Refuse)?;
            let head = git::worktree_head(origin, &workspace)
                .or_else(|| git::clone_head(origin, &workspace));
            return match (given, head) {
                (None, None) => Err(not_a_fork_error(&workspace)),
                (_, head) => Self::existing(workspace, origin, head, branch),
            };
        }
        if git::top_level(origin.as_path()).as_deref() != Some(origin.as_path()) {
            let message = format!("`{origin}` is not the top directory of a repository");
            let hint = Hint::new("name an existing directory for the fork");
            return Err(OperationError::usage(message).hint(hint));
        }
        let workspace = resolve_parent_links(&path)?;
        let is_inside = workspace.as_path().starts_with(origin.as_path());
        let enclosing = match client {
            _ if is_inside => Some(origin.as_path().to_owned()),
            // git runs in a clone, so no container may be able to change its parent directories.
            Some(_) => workspace.as_path().parent().and_then(git::top_level),
            None => None,
        };
        if let Some(enclosing) = enclosing {
            let message =
                format!("`{workspace}` is inside the workspace `{}`", enclosing.display());
            let hint = Hint::new("name a path outside, which no container can change");
            return Err(OperationError::usage(message).hint(hint));
        }
        git::check_fork(origin, &branch_name)?;
        let checkout = if client.is_some() { CheckoutKind::Clone } else { CheckoutKind::Worktree };
        Ok(Self { workspace, branch: Some(branch_name), checkout: Some(checkout) })
    }

    /// Creates the planned checkout; does nothing for an existing directory.
    ///
    /// # Errors
    ///
    /// The worktree or clone cannot be created.
    pub fn create(&self, origin: &WorkspacePath) -> crate::Result<()> {
        match (self.checkout, &self.branch) {
            (Some(checkout), Some(branch)) => checkout.create(origin, &self.workspace, branch),
            _ => Ok(()),
        }
    }

    /// Describes [`Self::create`] for a dry run; `None` if it does nothing.
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
        let current = head.and_then(GitHead::into_branch);
        match (branch, &current) {
            (Some(branch_name), has) if has.as_deref() != Some(branch_name) => {
                let message = format!("`{workspace}` exists, and is not on branch `{branch_name}`");
                let hint = Hint::new("name another path, or omit `--branch`");
                Err(OperationError::usage(message).hint(hint))
            }
            _ => Ok(Self { workspace, branch: current, checkout: None }),
        }
    }
}

fn not_a_fork_error(workspace: &WorkspacePath) -> OperationError {
    let message = format!("`{workspace}` exists, and is not a fork of this repository");
    let hint = Hint::new("name it explicitly to use it as it is, or name another path");
    OperationError::usage(message).hint(hint)
}

fn sibling_path(origin: &WorkspacePath, branch: &str) -> PathBuf {
    let leaf = branch.strip_prefix("fork/").unwrap_or(branch).replace('/', "-");
    let parent = origin.as_path().parent().unwrap_or(Path::new("/"));
    parent.join(format!("{}-{leaf}", origin.dir_name()))
}

/// Resolves the symbolic links of the parent directory.
fn resolve_parent_links(path: &Path) -> Result<WorkspacePath, OperationError> {
    let shown = path.display();
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(OperationError::usage(format!("`{shown}` is not a valid path for a worktree")));
    };
    let parent = parent.canonicalize().map_err(|_| {
        OperationError::usage(format!("the directory of `{shown}` does not exist"))
            .hint(Hint::new("create the directory first"))
    })?;
    WorkspacePath::new(parent.join(name)).map_err(|error| OperationError::usage(error.to_string()))
}
