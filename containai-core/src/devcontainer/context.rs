//! The surroundings of a `devcontainer.json`.

use std::fmt;

use serde_json::{Map, Value};

use super::compose::ComposeProject;
use super::error::DevcontainerError;
use super::jsonc;
use super::plan::DevcontainerPlan;

/// The context in which a file is read.
pub struct DevcontainerContext<'a> {
    /// The workspace's path on the host.
    pub workspace: &'a str,
    /// The folder of the file, relative to the workspace.
    pub folder: &'a str,
    /// An id that is unique to the workspace's container.
    pub id: &'a str,
    /// The Compose files that the file names, if it does.
    pub compose: Option<&'a ComposeProject>,
    /// Looks up host variables. Without approval, a file that uses them is refused.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

impl fmt::Debug for DevcontainerContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevcontainerContext")
            .field("workspace", &self.workspace)
            .finish_non_exhaustive()
    }
}

impl DevcontainerContext<'_> {
    /// Parses a file; the service of its Compose files, if it names some, is part of the document.
    /// The plan has what the service asks for and does not get.
    pub(super) fn document(
        &self,
        file: &str,
    ) -> Result<(Map<String, Value>, DevcontainerPlan), DevcontainerError> {
        let mut plan = DevcontainerPlan::default();
        let document = jsonc::parse(file)?;
        let document = match self.compose {
            Some(compose) => compose.apply(&document, self.folder, self.workspace, &mut plan)?,
            None => document,
        };
        Ok((document, plan))
    }
}
