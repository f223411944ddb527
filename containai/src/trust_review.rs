//! Files of a workspace that need approval.

use std::path::{Path, PathBuf};

use containai_core::config::{
    Config, ConfigLayers, ContentHash, DevcontainerChoice, FileText, Flags, diff, escape_control,
};
use containai_core::devcontainer::{DevcontainerError, FeatureLock};
use containai_core::hint::Hint;
use containai_core::layout::{self, Layout};
use containai_core::naming::WorkspacePath;

use crate::devcontainer_file::DevcontainerFile;
use crate::error::OperationError;
use crate::features::FeatureReview;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::settings;
use crate::trust::{self, StoredApproval};

/// A file of a workspace, and the approval of it.
pub struct TrustReview {
    /// The file as it was read; an approval covers exactly this text.
    file: FileText,
    approval_path: PathBuf,
    approved: Option<StoredApproval>,
    /// The features to approve with the text, or the reason why they are not known.
    features: crate::Result<FeatureLock>,
    /// The requests in the file, one a line.
    requests: Vec<String>,
}

impl TrustReview {
    /// Reads all files of a workspace that need approval or have it.
    ///
    /// # Errors
    ///
    /// A file is not a regular file, or the configuration of the user is invalid.
    pub async fn all(
        workspace: &WorkspacePath,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Vec<Self>> {
        let config = Self::workspace_config(workspace, &env.layout)?;
        let devcontainer = Self::devcontainer(workspace, env, reporter).await?;
        Ok(config.into_iter().chain(devcontainer).collect())
    }

    /// The workspace's `.containai/config.toml`, if it exists.
    fn workspace_config(workspace: &WorkspacePath, layout: &Layout) -> crate::Result<Option<Self>> {
        let path = layout::workspace_config(workspace);
        let file = trust::workspace_config(workspace).map_err(|refused| {
            OperationError::usage(format!("cannot read `{}`: {refused}", path.display()))
                .hint(Hint::new("check the path: only a regular file can be approved"))
        })?;
        let Some(file) = file else { return Ok(None) };
        let layers = ConfigLayers {
            flags: Flags::default(),
            workspace: Some(workspace.clone()),
            workspace_file: Some(file.clone()),
            ..ConfigLayers::default()
        };
        let config = Config::resolve(&layers)?;
        let suggested = config.suggestions.iter().map(|it| format!("asks for `{}`", it.key));
        let requests = suggested.chain(config.ignored.iter().map(ToString::to_string)).collect();
        let approved = StoredApproval::load(layout, workspace)?;
        let approval_path = layout.trust_file(workspace);
        let features = Ok(FeatureLock::default());
        Ok(Some(Self { file, approval_path, approved, features, requests }))
    }

    /// The configured `devcontainer.json`, else the one that is found; `None` if nothing in it
    /// needs approval.
    async fn devcontainer(
        workspace: &WorkspacePath,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Option<Self>> {
        let layers = settings::layers(env, reporter, Flags::default(), Some(workspace))?;
        let choice = match Config::resolve(&layers)?.devcontainer.value {
            DevcontainerChoice::Off => DevcontainerChoice::Discovered,
            choice => choice,
        };
        let Some(file) = DevcontainerFile::find(env, workspace, &choice)? else {
            return Ok(None);
        };
        let features = review_features(&file, workspace, env, reporter).await;
        let mut requests = Vec::new();
        match file.without_approval().parse(workspace) {
            Err(DevcontainerError::Untrusted { demands }) => {
                requests.extend(demands.into_iter().map(|demand| format!("asks for {demand}")));
            }
            Ok(read) if !read.forward_ports.is_empty() => {
                let ports: Vec<_> = read.forward_ports.iter().map(u16::to_string).collect();
                requests.push(format!("asks for ports of this machine ({})", ports.join(", ")));
            }
            Ok(_) if features.as_ref().is_ok_and(|it| it.lock.features.is_empty()) => {
                return Ok(None);
            }
            Ok(_) => {}
            Err(error) => requests.push(format!("is invalid: {error}")),
        }
        match &features {
            Ok(review) => requests.extend(review.requests.iter().cloned()),
            Err(error) => requests.push(format!("cannot be approved: {error:#}")),
        }
        Ok(Some(Self {
            file: file.file_text(workspace),
            approval_path: env.layout.devcontainer_trust_file(workspace),
            approved: StoredApproval::load_devcontainer(&env.layout, workspace)?,
            features: features.map(|review| review.lock),
            requests,
        }))
    }

    /// The file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// Whether exactly this text is approved, with the features as they are now. Features that cannot
    /// be resolved now are what they were.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        let has_features = |approved: &StoredApproval| match &self.features {
            Ok(features) => approved.features == *features,
            Err(_) => true,
        };
        self.is_text_approved() && self.approved.as_ref().is_some_and(has_features)
    }

    fn is_text_approved(&self) -> bool {
        let hash = ContentHash::of(&self.file.text);
        self.approved.as_ref().is_some_and(|approved| approved.hash() == hash)
    }

    /// Stores the approval of this text.
    ///
    /// # Errors
    ///
    /// A feature cannot be downloaded or used, or the approval cannot be written.
    pub fn approve(self, workspace: &WorkspacePath) -> crate::Result<()> {
        let features = self.features?;
        let workspace = workspace.to_string();
        let approval = StoredApproval { workspace, text: self.file.text, features };
        approval.save(&self.approval_path)
    }

    /// Returns the text, or its changes since the last approval, and the requests in it. Control
    /// characters are escaped.
    #[must_use]
    pub fn text(&self) -> String {
        let (path, text) = (self.file.path.display(), &self.file.text);
        let body = match &self.approved {
            Some(approved) if !self.is_text_approved() => diff(&approved.text, text),
            _ => text.trim_end().to_owned(),
        };
        let state = match (&self.approved, self.is_approved()) {
            (None, _) => "not approved",
            (Some(_), true) => "approved",
            (Some(_), false) => "changed since it was approved",
        };
        let mut shown = format!("{path} ({state})\n\n{body}\n\nsha256 {}", ContentHash::of(text));
        for line in &self.requests {
            shown.push_str(&format!("\n{line}"));
        }
        escape_control(&shown)
    }
}

/// Resolves the features of a file; an invalid file has none.
async fn review_features(
    file: &DevcontainerFile,
    workspace: &WorkspacePath,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<FeatureReview> {
    match file.as_if_approved().parse(workspace) {
        Ok(devcontainer) => {
            FeatureReview::read(&devcontainer, file, workspace, env, reporter).await
        }
        Err(_) => Ok(FeatureReview::default()),
    }
}

/// Removes all approvals of a workspace; returns whether there were any.
///
/// # Errors
///
/// An approval cannot be removed.
pub fn revoke(layout: &Layout, workspace: &WorkspacePath) -> crate::Result<bool> {
    let config = StoredApproval::revoke(&layout.trust_file(workspace))?;
    let devcontainer = StoredApproval::revoke(&layout.devcontainer_trust_file(workspace))?;
    Ok(config || devcontainer)
}
