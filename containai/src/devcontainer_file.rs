//! The `devcontainer.json` of a workspace, read from the disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use containai_core::config::{Config, ContentHash, DevcontainerChoice, EnvFile, FileText, Origin};
use containai_core::devcontainer::{
    Approval, Devcontainer, DevcontainerContext, DevcontainerError, FeatureLock, FeatureManifest,
    FeatureSource,
};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::layout::DEVCONTAINER_FILES;
use containai_core::naming::WorkspacePath;

use crate::compose_files::ComposeFiles;
use crate::devcontainer_search::{not_found, only_further};
use crate::error::OperationError;
use crate::process_env::{ProcessEnv, ProcessVars};
use crate::trust;
use crate::workspace_file::{self, FollowLinks};

/// The longest accepted file, in bytes.
const MAX_BYTES: u64 = 256 << 10;

/// The `devcontainer.json` of a workspace, read once: the text that was checked is the text
/// that is approved and used.
#[derive(Clone, Debug)]
pub struct DevcontainerFile {
    /// The path, relative to the workspace.
    pub(crate) path: String,
    text: String,
    compose: ComposeFiles,
    approval: Approval,
    /// The features that were approved with the text.
    features: FeatureLock,
    variables: ProcessVars,
}

impl DevcontainerFile {
    /// Reads the chosen file; `None` if none is chosen or discovered.
    ///
    /// # Errors
    ///
    /// The file cannot be read, a chosen path does not exist, or several files are discovered.
    pub fn find(
        env: &ProcessEnv,
        workspace: &WorkspacePath,
        choice: &DevcontainerChoice,
    ) -> Result<Option<Self>, OperationError> {
        match choice {
            DevcontainerChoice::Off => Ok(None),
            DevcontainerChoice::Path(path) => match Self::read(env, workspace, path)? {
                None => Err(not_found(workspace, choice)),
                file => Ok(file),
            },
            DevcontainerChoice::Discovered => {
                for path in DEVCONTAINER_FILES {
                    if let Some(file) = Self::read(env, workspace, path)? {
                        return Ok(Some(file));
                    }
                }
                match only_further(workspace)? {
                    Some(path) => Self::read(env, workspace, &path),
                    None => Ok(None),
                }
            }
        }
    }

    fn read(
        env: &ProcessEnv,
        workspace: &WorkspacePath,
        path: &str,
    ) -> Result<Option<Self>, OperationError> {
        let Some(text) = read_text(workspace, path)? else { return Ok(None) };
        let compose = ComposeFiles::read(workspace, &text, folder_of(path));
        let reviewed = compose.reviewed_text(&text);
        let (approval, features) = read_approval(env, workspace, path, &reviewed)?;
        let (path, variables) = (path.to_owned(), env.variables.clone());
        Ok(Some(Self { path, text, compose, approval, features, variables }))
    }

    /// Returns the folder of the file, relative to the workspace.
    pub(crate) fn folder(&self) -> &str {
        folder_of(&self.path)
    }

    /// Returns whether the user has approved this text.
    pub(crate) fn is_approved(&self) -> bool {
        self.approval == Approval::Given
    }

    /// Returns the same file with or without an approval, to find out what it requests.
    #[must_use]
    pub fn with_approval(&self, approval: Approval) -> Self {
        Self { approval, ..self.clone() }
    }

    /// Returns the features that are approved.
    pub(crate) fn approved_features(&self) -> &FeatureLock {
        &self.features
    }

    /// Parses the manifest of a feature. Variables of the host are replaced only in its mounts, which
    /// need approval themselves.
    ///
    /// # Errors
    ///
    /// The manifest is invalid or has an unsupported setting.
    pub(crate) fn parse_feature(
        &self,
        manifest: &str,
        source: &FeatureSource,
        workspace: &WorkspacePath,
    ) -> Result<FeatureManifest, DevcontainerError> {
        self.with_host(workspace, |host| FeatureManifest::parse(manifest, source, host))
    }

    /// Parses the text.
    ///
    /// # Errors
    ///
    /// The text is invalid, has an unsupported setting, or needs an approval that is missing.
    pub fn parse(&self, workspace: &WorkspacePath) -> Result<Devcontainer, DevcontainerError> {
        self.compose.project.as_ref().map_err(Clone::clone)?;
        let read =
            self.with_host(workspace, |host| Devcontainer::parse(&self.text, host, self.approval));
        read.map_err(|error| match DEVCONTAINER_FILES.contains(&self.path.as_str()) {
            true => error,
            false => error.in_file(&self.path),
        })
    }

    fn with_host<T>(
        &self,
        workspace: &WorkspacePath,
        read: impl FnOnce(&DevcontainerContext<'_>) -> T,
    ) -> T {
        read(&DevcontainerContext {
            workspace: workspace.as_str(),
            folder: self.folder(),
            id: &workspace.digest(),
            compose: self.compose.project.as_ref().ok().and_then(Option::as_ref),
            variable: &|name: &str| self.variables.text(name),
        })
    }

    /// Returns the absolute path, and the text to approve: with the Compose files that it names.
    pub fn file_text(&self, workspace: &WorkspacePath) -> FileText {
        let text = self.compose.reviewed_text(&self.text);
        FileText { path: workspace.as_path().join(&self.path), text }
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn read_text(workspace: &WorkspacePath, path: &str) -> Result<Option<String>, OperationError> {
    let text = workspace_file::read(workspace, Path::new(path), FollowLinks::Never, MAX_BYTES);
    text.map_err(|refused| {
        let message = format!("cannot read `{path}` in `{workspace}`: {refused}");
        let hint = "name a regular file of the workspace, or ignore it with `--devcontainer=off`";
        OperationError::usage(message).hint(Hint::new(hint))
    })
}

/// Returns whether the user has approved exactly this text at this path, and the features approved
/// with it.
fn read_approval(
    env: &ProcessEnv,
    workspace: &WorkspacePath,
    path: &str,
    text: &str,
) -> Result<(Approval, FeatureLock), OperationError> {
    let approved = trust::StoredApproval::load_devcontainer(&env.layout, workspace, path)
        .map_err(|error| OperationError::with_code(exit::FAILED, format!("{error:#}")))?;
    Ok(match approved.filter(|it| it.hash() == ContentHash::of(text)) {
        Some(approved) => (Approval::Given, approved.features),
        None => (Approval::Missing, FeatureLock::default()),
    })
}

/// The `devcontainer.json` that applies to a workspace, read and parsed once for the image, the
/// variables and the forwards.
#[derive(Debug)]
pub(crate) struct AppliedDevcontainer {
    pub(crate) file: DevcontainerFile,
    /// The content. An error prevents a new container, and no session in an existing one.
    pub(crate) content: Result<Devcontainer, DevcontainerError>,
}

impl AppliedDevcontainer {
    /// Reads and parses the file of the configuration; `None` if none applies.
    ///
    /// # Errors
    ///
    /// As [`DevcontainerFile::find`]; and the command line asks for a file that is not there.
    pub(crate) fn configured(
        env: &ProcessEnv,
        workspace: &WorkspacePath,
        config: &Config,
    ) -> Result<Option<Arc<Self>>, OperationError> {
        let choice = &config.devcontainer.value;
        let is_required = *choice != DevcontainerChoice::Off
            && matches!(config.devcontainer.origin, Origin::Flag(_));
        match Self::read(env, workspace, choice)? {
            None if is_required => Err(not_found(workspace, choice)),
            applied => Ok(applied),
        }
    }

    /// Reads and parses the file that the existing container was created from, unless the
    /// configuration decides on one.
    pub(crate) fn of_container(
        env: &ProcessEnv,
        workspace: &WorkspacePath,
        config: &Config,
    ) -> Option<Arc<Self>> {
        let path = config.container_devcontainer.clone()?;
        let is_open = config.devcontainer.origin == Origin::Default;
        let choice = DevcontainerChoice::Path(path);
        // The file may have been removed since.
        is_open.then(|| Self::read(env, workspace, &choice).ok().flatten()).flatten()
    }

    fn read(
        env: &ProcessEnv,
        workspace: &WorkspacePath,
        choice: &DevcontainerChoice,
    ) -> Result<Option<Arc<Self>>, OperationError> {
        let file = DevcontainerFile::find(env, workspace, choice)?;
        Ok(file.map(|file| {
            let content = file.parse(workspace).map(|mut content| {
                add_env_files(&mut content, workspace);
                content
            });
            Arc::new(Self { file, content })
        }))
    }

    /// Returns the variables of each session; values may be secret.
    pub(crate) fn session_env(&self) -> BTreeMap<String, String> {
        self.content.as_ref().map(|content| content.session_env.clone()).unwrap_or_default()
    }
}

/// Adds the variables of the file's `--env-file` arguments, which other variables replace.
fn add_env_files(content: &mut Devcontainer, workspace: &WorkspacePath) {
    for path in std::mem::take(&mut content.env_files) {
        let links = FollowLinks::WithinWorkspace;
        let text = workspace_file::read(workspace, Path::new(&path), links, MAX_BYTES);
        let property = format!("runArgs --env-file {path}");
        match text {
            Ok(Some(text)) => {
                for entry in EnvFile::parse(&text).entries {
                    let name = entry.name.to_string();
                    let is_set = content.container_env.contains_key(&name)
                        || content.derived_env.iter().any(|(derived, _)| *derived == name);
                    if !is_set {
                        content.session_env.entry(name).or_insert(entry.value);
                    }
                }
            }
            Ok(None) => content.plan.left_out(property, "there is no such file in the workspace"),
            Err(refused) => content.plan.left_out(property, refused.to_string()),
        }
    }
}
