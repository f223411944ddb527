//! Which workspace is meant, once the engine has shown its containers.

use containai_core::lifecycle::{Observed, Refusal};
use containai_core::naming::WorkspacePath;

use super::SessionRequest;
use crate::enclosing_workspace;
use crate::error::OperationError;
use crate::workspace::{self, WorkspaceRef};

impl SessionRequest {
    /// Goes to the workspace that is meant: that of the container that was
    /// named, else the known one around a directory that nobody named. Says
    /// whether it is another one than before.
    pub(crate) fn resolve_workspace(&mut self, observed: &Observed) -> crate::Result<bool> {
        let here = self.workspace_ref.path().clone();
        let (place, is_told) = match (&self.workspace_ref, self.named_workspace(observed)?) {
            // A workspace that was named is checked against the container later.
            (WorkspaceRef::Explicit(_), _) => return Ok(false),
            (WorkspaceRef::Implicit(_), Some(path)) => (path, false),
            (WorkspaceRef::Implicit(path), None) => {
                workspace::find(
                    Some(path.as_path()),
                    &self.context.env,
                    self.options.protected_paths,
                )?;
                match enclosing_workspace::find(
                    &self.workspace_ref,
                    &observed.containers,
                    &self.context,
                ) {
                    Some(around) => (around, true),
                    None => return Ok(false),
                }
            }
        };
        if is_told {
            enclosing_workspace::report_choice(
                &self.context.reporter,
                &place,
                &here,
                "--workspace .",
            );
        }
        let is_other = place != here;
        self.workspace_ref = WorkspaceRef::Explicit(place);
        if is_other {
            self.reload()?;
        }
        Ok(is_other)
    }

    /// The workspace of the container that the command line names, if there is
    /// such a container.
    fn named_workspace(&self, observed: &Observed) -> crate::Result<Option<WorkspacePath>> {
        let Some(name) = &self.options.name else { return Ok(None) };
        let found = observed.containers.iter().find(|it| it.name == name.as_ref());
        let Some(container) = found else { return Ok(None) };
        if !container.labels.is_managed() {
            return Err(Refusal::NotManaged { name: name.to_string() }.into());
        }
        let label = container.labels.workspace().unwrap_or_default();
        let path = WorkspacePath::new(label);
        Ok(Some(
            path.map_err(|error| OperationError::usage(format!("container `{name}`: {error}")))?,
        ))
    }
}
