//! The `devcontainer.json` of a workspace, read from the disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use containai_core::config::{ContentHash, DevcontainerChoice, FileText};
use containai_core::devcontainer::{
    Approval, Devcontainer, DevcontainerContext, DevcontainerError,
};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::layout::DEVCONTAINER_FILES;
use containai_core::naming::WorkspacePath;
use containai_core::remote::{Direction, Forward};

use crate::compose_files::ComposeFiles;
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
    variables: ProcessVars,
}

impl DevcontainerFile {
    /// Reads the chosen file; `None` if none is chosen or discovered.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a chosen path does not exist.
    pub fn find(
        env: &ProcessEnv,
        workspace: &WorkspacePath,
        choice: &DevcontainerChoice,
    ) -> Result<Option<Self>, OperationError> {
        let paths: &[&str] = match choice {
            DevcontainerChoice::Off => &[],
            DevcontainerChoice::Discovered => &DEVCONTAINER_FILES,
            DevcontainerChoice::Path(path) => &[path.as_str()],
        };
        for path in paths {
            if let Some(text) = read_text(workspace, path)? {
                let compose = ComposeFiles::read(workspace, &text, folder_of(path));
                let approval = read_approval(env, workspace, &compose.reviewed_text(&text))?;
                let (path, variables) = ((*path).to_owned(), env.variables.clone());
                return Ok(Some(Self { path, text, compose, approval, variables }));
            }
        }
        match choice {
            DevcontainerChoice::Path(path) => {
                let message = format!("there is no `{path}` in `{workspace}`");
                let hint = "name a path within the workspace, or omit it to discover the file";
                Err(OperationError::usage(message).hint(Hint::new(hint)))
            }
            _ => Ok(None),
        }
    }

    /// Returns the folder of the file, relative to the workspace.
    pub(crate) fn folder(&self) -> &str {
        folder_of(&self.path)
    }

    /// Returns whether the user has approved this text.
    pub(crate) fn is_approved(&self) -> bool {
        self.approval == Approval::Given
    }

    /// Returns the same file without its approval.
    #[must_use]
    pub fn without_approval(&self) -> Self {
        Self { approval: Approval::Missing, ..self.clone() }
    }

    /// Parses the text.
    ///
    /// # Errors
    ///
    /// The text is invalid, has an unsupported setting, or needs an approval that is missing.
    pub fn parse(&self, workspace: &WorkspacePath) -> Result<Devcontainer, DevcontainerError> {
        let compose = self.compose.project.as_ref().map_err(Clone::clone)?;
        let host = DevcontainerContext {
            workspace: workspace.as_str(),
            folder: self.folder(),
            id: &workspace.digest(),
            compose: compose.as_ref(),
            variable: &|name: &str| self.variables.text(name),
        };
        Devcontainer::parse(&self.text, &host, self.approval)
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

/// Returns whether the user has approved exactly this text.
fn read_approval(
    env: &ProcessEnv,
    workspace: &WorkspacePath,
    text: &str,
) -> Result<Approval, OperationError> {
    let approved = trust::StoredApproval::load_devcontainer(&env.layout, workspace)
        .map_err(|error| OperationError::with_code(exit::FAILED, format!("{error:#}")))?;
    let is_given = approved.is_some_and(|it| it.hash() == ContentHash::of(text));
    Ok(if is_given { Approval::Given } else { Approval::Missing })
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
    /// Reads and parses the chosen file; `None` if none applies.
    pub(crate) fn read(
        env: &ProcessEnv,
        workspace: &WorkspacePath,
        choice: &DevcontainerChoice,
    ) -> Result<Option<Arc<Self>>, OperationError> {
        let file = DevcontainerFile::find(env, workspace, choice)?;
        Ok(file.map(|file| {
            let content = file.parse(workspace);
            Arc::new(Self { file, content })
        }))
    }

    /// Returns the variables of each session; values may be secret.
    pub(crate) fn session_env(&self) -> BTreeMap<String, String> {
        self.content.as_ref().map(|content| content.session_env.clone()).unwrap_or_default()
    }

    /// Returns the forwarded ports; none until the user approves the file.
    pub(crate) fn forwards(&self) -> Vec<Forward> {
        let content = self.content.as_ref().ok().filter(|_| self.file.is_approved());
        let ports = content.into_iter().flat_map(|content| &content.forward_ports);
        let forward =
            |port: &u16| Forward::parse(Direction::Local, &format!("{port}:localhost:{port}")).ok();
        ports.filter_map(forward).collect()
    }
}
