//! The `devcontainer.json` of a workspace, read from the disk.

use std::collections::BTreeMap;
use std::path::Path;

use containai_core::config::{Config, ContentHash, DevcontainerChoice, FileText};
use containai_core::devcontainer::{
    Approval, Devcontainer, DevcontainerContext, DevcontainerError,
};
use containai_core::hint::Hint;
use containai_core::layout::DEVCONTAINER_FILES;
use containai_core::naming::WorkspacePath;
use containai_core::remote::{Direction, Forward};

use crate::error::OperationError;
use crate::process_env::{ProcessEnv, ProcessVars};
use crate::trust;
use crate::workspace_file::{self, FollowLinks};

/// The longest file, in bytes.
const MAX_BYTES: u64 = 256 << 10;

/// The `devcontainer.json` of a workspace, as it was read once: what is judged
/// is what is approved and what is followed.
#[derive(Clone, Debug)]
pub struct DevcontainerFile {
    /// Where it is, relative to the workspace.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) text: String,
    approval: Approval,
    variables: ProcessVars,
}

impl DevcontainerFile {
    /// Reads the one that is meant; `None` where none counts, or none is found.
    ///
    /// # Errors
    ///
    /// One that was named and is not there, or that cannot be read.
    pub fn find(
        env: &ProcessEnv,
        workspace: &WorkspacePath,
        choice: &DevcontainerChoice,
    ) -> crate::Result<Option<Self>> {
        let paths: &[&str] = match choice {
            DevcontainerChoice::Off => &[],
            DevcontainerChoice::Discovered => &DEVCONTAINER_FILES,
            DevcontainerChoice::Path(path) => &[path.as_str()],
        };
        for path in paths {
            let read =
                workspace_file::read(workspace, Path::new(path), FollowLinks::Never, MAX_BYTES);
            let text = read.map_err(|refused| {
                OperationError::usage(format!("cannot read `{path}` in `{workspace}`: {refused}"))
                    .hint(Hint::new(
                        "name a regular file of the workspace, or go without: `--devcontainer=off`",
                    ))
            })?;
            if let Some(text) = text {
                let approved = trust::StoredApproval::load_devcontainer(&env.layout, workspace)?;
                let is_given = approved.is_some_and(|it| it.hash() == ContentHash::of(&text));
                let approval = if is_given { Approval::Given } else { Approval::Missing };
                return Ok(Some(Self {
                    path: (*path).to_owned(),
                    text,
                    approval,
                    variables: env.variables.clone(),
                }));
            }
        }
        match choice {
            DevcontainerChoice::Path(path) => {
                Err(OperationError::usage(format!("there is no `{path}` in `{workspace}`"))
                    .hint(Hint::new(
                        "name the path within the workspace, or leave it out to have it found",
                    ))
                    .into())
            }
            _ => Ok(None),
        }
    }

    /// The folder that it is in, relative to the workspace.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Whether a person has approved this very text.
    pub(crate) fn is_approved(&self) -> bool {
        self.approval == Approval::Given
    }

    /// The same as if nobody had approved it.
    pub fn without_approval(&self) -> Self {
        Self { approval: Approval::Missing, ..self.clone() }
    }

    /// Reads what it says.
    pub fn read(&self, workspace: &WorkspacePath) -> Result<Devcontainer, DevcontainerError> {
        let host = DevcontainerContext {
            workspace: workspace.as_str(),
            folder: self.folder(),
            id: &workspace.digest(),
            variable: &|name: &str| self.variables.text(name),
        };
        Devcontainer::parse(&self.text, &host, self.approval)
    }

    /// As a file of the workspace that waits for approval.
    pub fn file_text(&self, workspace: &WorkspacePath) -> FileText {
        FileText { path: workspace.as_path().join(&self.path), text: self.text.clone() }
    }
}

/// What a file asks for that every session has to do with.
#[derive(Clone, Default)]
pub(crate) struct DevcontainerSessionOptions {
    /// Variables; values may be secret.
    pub(crate) variables: BTreeMap<String, String>,
    /// What of the host leads inside, once a person has approved the file.
    pub(crate) forwards: Vec<Forward>,
}

impl DevcontainerSessionOptions {
    /// Reads the file that counts. What keeps it from being followed is told
    /// where a container is made, and not here.
    pub(crate) fn read(env: &ProcessEnv, workspace: &WorkspacePath, config: &Config) -> Self {
        let found = DevcontainerFile::find(env, workspace, &config.devcontainer.value);
        let Some(file) = found.ok().flatten() else { return Self::default() };
        let Ok(read) = file.read(workspace) else { return Self::default() };
        let ports = read.forward_ports.iter().filter(|_| file.is_approved());
        let forward =
            |port: &u16| Forward::parse(Direction::Local, &format!("{port}:localhost:{port}")).ok();
        Self { variables: read.session_env, forwards: ports.filter_map(forward).collect() }
    }
}
