//! Approvals of the configuration that workspaces suggest.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::ResultExt as _;
use containai_core::config::{ContentHash, FileText};
use containai_core::devcontainer::FeatureLock;
use containai_core::layout::{self, Layout};
use containai_core::naming::WorkspacePath;
use serde::{Deserialize, Serialize};

use crate::private_file;
use crate::workspace_file::{self, FollowLinks, ReadRefused};

/// The longest file that a workspace may suggest, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// The approved configuration of one workspace, as it is stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StoredApproval {
    /// The real path of the workspace.
    pub workspace: String,
    /// The approved text. Its hash pins the content, and changes are shown as a difference to it.
    pub text: String,
    /// The features of a `devcontainer.json` that were approved with the text.
    #[serde(default, flatten)]
    pub features: FeatureLock,
}

impl StoredApproval {
    /// Loads the approval of a workspace's configuration; `None` if it was not approved.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn load(layout: &Layout, workspace: &WorkspacePath) -> crate::Result<Option<Self>> {
        let approval = read(&layout.trust_file(workspace))?;
        Ok(approval.filter(|approval| approval.workspace == workspace.as_str()))
    }

    /// Loads the approval of the `devcontainer.json` at a path in a workspace; `None` if it was not
    /// approved.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn load_devcontainer(
        layout: &Layout,
        workspace: &WorkspacePath,
        path: &str,
    ) -> crate::Result<Option<Self>> {
        let approval = read(&layout.devcontainer_trust_file(workspace, path))?;
        Ok(approval.filter(|approval| approval.workspace == workspace.as_str()))
    }

    /// Loads all approvals, sorted by the path of the workspace.
    ///
    /// # Errors
    ///
    /// The directory or a file in it cannot be read.
    pub fn list(layout: &Layout) -> crate::Result<Vec<Self>> {
        let files = Self::files(&layout.trust_dir())?;
        let mut all: Vec<_> = files.into_iter().map(|(_, approval)| approval).collect();
        all.sort_by(|a, b| a.workspace.cmp(&b.workspace));
        Ok(all)
    }

    /// Reads all approvals of a directory, with their paths.
    fn files(directory: &Path) -> crate::Result<Vec<(PathBuf, Self)>> {
        let entries = match fs::read_dir(directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.with_context(|| format!("cannot read `{}`", directory.display()))?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                all.extend(read(&path)?.map(|approval| (path, approval)));
            }
        }
        Ok(all)
    }

    /// Writes the approval to `path`.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> crate::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        private_file::write(path, &text)
            .with_context(|| format!("cannot write `{}`", path.display()))
    }

    /// Removes all approvals of a workspace; returns whether there were any.
    ///
    /// # Errors
    ///
    /// The directory cannot be read, or a file cannot be removed.
    pub fn revoke_all(directory: &Path, workspace: &WorkspacePath) -> crate::Result<bool> {
        let mut all = Self::files(directory)?;
        all.retain(|(_, approval)| approval.workspace == workspace.as_str());
        for (path, _) in &all {
            fs::remove_file(path).with_context(|| format!("cannot remove `{}`", path.display()))?;
        }
        Ok(!all.is_empty())
    }

    /// Returns the hash that pins the approved text.
    pub fn hash(&self) -> ContentHash {
        ContentHash::of(&self.text)
    }
}

/// Reads an approval; malformed files approve nothing.
fn read(path: &Path) -> crate::Result<Option<StoredApproval>> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        bytes => {
            let bytes = bytes.with_context(|| format!("cannot read `{}`", path.display()))?;
            Ok(serde_json::from_slice(&bytes).ok())
        }
    }
}

/// Reads the configuration file of a workspace; `None` if it does not exist.
///
/// # Errors
///
/// See [`workspace_file::read`].
pub fn workspace_config(workspace: &WorkspacePath) -> Result<Option<FileText>, ReadRefused> {
    let path = layout::workspace_config(workspace);
    let below = path.strip_prefix(workspace.as_path()).unwrap_or(&path);
    let text = workspace_file::read(workspace, below, FollowLinks::Never, MAX_BYTES)?;
    Ok(text.map(|text| FileText { path, text }))
}
