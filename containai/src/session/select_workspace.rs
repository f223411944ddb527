//! Selection of a session's workspace among the containers of the engine.

use containai_core::engine::Container;
use containai_core::lifecycle::Refusal;
use containai_core::naming::WorkspacePath;

use super::SessionRequest;
use crate::enclosing_workspace;
use crate::error::OperationError;
use crate::workspace::{self, WorkspaceRef};

impl SessionRequest {
    /// Changes to the workspace of the container that the options name, else to the known
    /// workspace that encloses the current directory. An explicit workspace is kept; the
    /// lifecycle compares it with the container later.
    pub(crate) fn select_workspace(&mut self, containers: &[Container]) -> crate::Result<()> {
        let WorkspaceRef::Implicit(current) = self.workspace_ref.clone() else { return Ok(()) };
        let selected = match self.workspace_of_named_container(containers)? {
            Some(selected) => selected,
            None => match self.enclosing_workspace(&current, containers)? {
                Some(enclosing) => enclosing,
                None => return Ok(()),
            },
        };
        if selected != current {
            return self.change_workspace(selected);
        }
        self.workspace_ref = WorkspaceRef::Explicit(selected);
        Ok(())
    }

    /// Returns and reports the known workspace that encloses the directory.
    fn enclosing_workspace(
        &self,
        current: &WorkspacePath,
        containers: &[Container],
    ) -> crate::Result<Option<WorkspacePath>> {
        let Self { context, workspace_ref, options, .. } = self;
        workspace::find(Some(current.as_path()), &context.env, options.protected_paths)?;
        let enclosing = enclosing_workspace::find(workspace_ref, containers, context);
        if let Some(enclosing) = &enclosing {
            enclosing_workspace::report_choice(
                &context.reporter,
                enclosing,
                current,
                "--workspace .",
            );
        }
        Ok(enclosing)
    }

    /// Returns the workspace of the container that the options name, if it exists.
    fn workspace_of_named_container(
        &self,
        containers: &[Container],
    ) -> crate::Result<Option<WorkspacePath>> {
        let Some(name) = &self.options.name else { return Ok(None) };
        let found = containers.iter().find(|container| container.name == name.as_ref());
        let Some(container) = found else { return Ok(None) };
        if !container.labels.is_managed() {
            return Err(Refusal::NotManaged { name: name.to_string() }.into());
        }
        let path = WorkspacePath::new(container.labels.workspace().unwrap_or_default());
        let path =
            path.map_err(|error| OperationError::usage(format!("container `{name}`: {error}")))?;
        Ok(Some(path))
    }
}
