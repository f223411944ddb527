//! Files of a workspace that need approval.

use std::path::{Path, PathBuf};

use containai_core::config::{
    Config, ConfigLayers, ContentHash, DevcontainerChoice, FileText, Flags, diff, escape_control,
};
use containai_core::devcontainer::{Approval, DevcontainerError, FeatureLock};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::layout::{self, DEVCONTAINER_FILES, Layout};
use containai_core::naming::WorkspacePath;

use crate::devcontainer_file::DevcontainerFile;
use crate::devcontainer_search::list_further;
use crate::error::OperationError;
use crate::features::FeatureReview;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::target::workspace_path;
use crate::trust::{self, StoredApproval};
use crate::workspace::{ProtectedPathUse, WorkspaceRef, find_ref, find_removed};
use crate::{enclosing_workspace, settings};

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
    /// The reason why the file cannot be followed, so that an approval is pointless.
    refusal: Option<DevcontainerError>,
}

impl TrustReview {
    /// Reads all files of a workspace that need approval or have it. A chosen `devcontainer.json`
    /// replaces the configured one.
    ///
    /// # Errors
    ///
    /// A file is not a regular file, or the configuration of the user is invalid.
    pub async fn all(
        workspace: &WorkspacePath,
        env: &ProcessEnv,
        reporter: &Reporter,
        choice: Option<&DevcontainerChoice>,
    ) -> crate::Result<Vec<Self>> {
        let config = Self::workspace_config(workspace, &env.layout)?;
        let mut all: Vec<_> = config.into_iter().collect();
        for choice in devcontainer_choices(workspace, env, reporter, choice)? {
            all.extend(Self::devcontainer(workspace, env, reporter, &choice).await?);
        }
        Ok(all)
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
        Ok(Some(Self { file, approval_path, approved, features, requests, refusal: None }))
    }

    /// A `devcontainer.json`; `None` if there is none, or if nothing in it needs approval.
    async fn devcontainer(
        workspace: &WorkspacePath,
        env: &ProcessEnv,
        reporter: &Reporter,
        choice: &DevcontainerChoice,
    ) -> crate::Result<Option<Self>> {
        let Some(file) = DevcontainerFile::find(env, workspace, choice)? else {
            return Ok(None);
        };
        let mut review = Self {
            file: file.file_text(workspace),
            approval_path: env.layout.devcontainer_trust_file(workspace, &file.path),
            approved: StoredApproval::load_devcontainer(&env.layout, workspace, &file.path)?,
            features: Ok(FeatureLock::default()),
            requests: Vec::new(),
            refusal: None,
        };
        match file.with_approval(Approval::Missing).parse(workspace) {
            Err(DevcontainerError::Untrusted { demands, .. }) => {
                let demands = demands.into_iter().map(|demand| format!("asks for {demand}"));
                review.requests.extend(demands);
            }
            Err(error) => {
                review.requests.push(format!("cannot be followed: {error}"));
                review.refusal = Some(error);
            }
            Ok(_) => {}
        }
        if let Ok(read) = file.with_approval(Approval::Given).parse(workspace) {
            if !read.forward_ports.is_empty() {
                let ports: Vec<_> = read.forward_ports.iter().map(ToString::to_string).collect();
                let ports = ports.join(", ");
                review.requests.push(format!("asks for ports of this machine ({ports})"));
            }
            let features = FeatureReview::read(&read, &file, workspace, env, reporter).await;
            review.features = match features {
                Ok(FeatureReview { lock, requests }) => {
                    review.requests.extend(requests);
                    Ok(lock)
                }
                Err(error) => {
                    review.requests.push(format!("cannot be approved: {error:#}"));
                    Err(error)
                }
            };
            let has_features =
                review.features.as_ref().map_or(true, |lock| !lock.features.is_empty());
            if review.requests.is_empty() && !has_features {
                return Ok(None);
            }
            review.requests.extend(read.mounts.iter().map(|mount| format!("mounts {mount}")));
            review.requests.extend(read.plan.entries().iter().map(ToString::to_string));
        }
        Ok(Some(review))
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

    /// Checks that an approval has an effect.
    ///
    /// # Errors
    ///
    /// The file cannot be followed.
    pub fn check(&self) -> crate::Result<()> {
        match &self.refusal {
            None => Ok(()),
            Some(error) => Err(OperationError::usage(format!(
                "nothing is approved: `{}` cannot be followed: {error}",
                self.file.path.display()
            ))
            .hint(Hint::new("correct the file, or ignore it with `--devcontainer=off`"))
            .into()),
        }
    }

    /// Asks for the approval of this text, which `print` shows.
    ///
    /// # Errors
    ///
    /// The answer is no, or there is no terminal; errors of `print`.
    pub fn confirm<E: From<OperationError>>(
        &self,
        reporter: &Reporter,
        print: impl FnOnce(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        if !reporter.can_ask() {
            let message = "approval required but stdin is not a terminal";
            return Err(OperationError::usage(message)
                .hint(Hint::run("cai trust --show", "read the file"))
                .hint(Hint::run("cai trust --yes", "approve it"))
                .into());
        }
        print(&self.text())?;
        match reporter.ask("Approve this?") {
            true => Ok(()),
            false => Err(OperationError::with_code(exit::FAILED, "nothing was approved").into()),
        }
    }

    /// Stores the approval of this text.
    ///
    /// # Errors
    ///
    /// The file cannot be followed anyway, a feature cannot be downloaded or used, or the approval
    /// cannot be written.
    pub fn approve(self, workspace: &WorkspacePath) -> crate::Result<()> {
        self.check()?;
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

/// Returns the files to review: the chosen or configured one, else all that are found.
fn devcontainer_choices(
    workspace: &WorkspacePath,
    env: &ProcessEnv,
    reporter: &Reporter,
    choice: Option<&DevcontainerChoice>,
) -> crate::Result<Vec<DevcontainerChoice>> {
    let choice = match choice {
        Some(choice) => choice.clone(),
        None => {
            let layers = settings::layers(env, reporter, Flags::default(), Some(workspace))?;
            Config::resolve(&layers)?.devcontainer.value
        }
    };
    if matches!(choice, DevcontainerChoice::Path(_)) {
        return Ok(vec![choice]);
    }
    let is_file = |path: &&str| workspace.as_path().join(path).symlink_metadata().is_ok();
    Ok(match DEVCONTAINER_FILES.iter().any(is_file) {
        true => vec![DevcontainerChoice::Discovered],
        false => list_further(workspace).into_iter().map(DevcontainerChoice::Path).collect(),
    })
}

/// Returns the workspace to review, as `find_ref` and `enclosing_workspace` choose it; `word` is a
/// path or the name of a container.
///
/// # Errors
///
/// No container has this name, or the directory cannot be used.
pub async fn workspace_to_review(
    word: Option<&Path>,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<WorkspacePath> {
    let path = workspace_path(word, flags, env, reporter).await?;
    let given = find_ref(path.as_deref(), env, ProtectedPathUse::Allow)?;
    Ok(enclosing_workspace::resolve_offline(&given, flags, env, reporter, ".").await)
}

/// Returns the workspace whose approval is revoked; a given one may have been removed.
///
/// # Errors
///
/// The directory cannot be used.
pub async fn workspace_to_revoke(
    path: Option<&Path>,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<WorkspacePath> {
    let given = match path {
        Some(path) => WorkspaceRef::Explicit(find_removed(path, env, ProtectedPathUse::Allow)?),
        None => find_ref(None, env, ProtectedPathUse::Allow)?,
    };
    Ok(enclosing_workspace::resolve_offline(&given, flags, env, reporter, ".").await)
}

/// Removes all approvals of a workspace; returns whether there were any.
///
/// # Errors
///
/// An approval cannot be listed or removed.
pub fn revoke(layout: &Layout, workspace: &WorkspacePath) -> crate::Result<bool> {
    StoredApproval::revoke_all(&layout.trust_dir(), workspace)
}
