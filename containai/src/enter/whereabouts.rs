//! Which workspace is meant, once the engine has shown its containers.

use containai_core::lifecycle::{Observed, Refusal};
use containai_core::naming::WorkspacePath;

use super::Entrance;
use crate::error::OperationError;
use crate::surroundings;
use crate::workspace::{self, Spot};

impl Entrance {
    /// Goes to the workspace that is meant: that of the container that was
    /// named, else the known one around a directory that nobody named. Says
    /// whether it is another one than before.
    pub(crate) fn relocate(&mut self, observed: &Observed) -> crate::Result<bool> {
        let here = self.spot.path().clone();
        let (place, is_told) = match (&self.spot, self.named(observed)?) {
            // A workspace that was named is checked against the container later.
            (Spot::Named(_), _) => return Ok(false),
            (Spot::Found(_), Some(path)) => (path, false),
            (Spot::Found(path), None) => {
                workspace::find(Some(path.as_path()), &self.context.env, self.choice.caution)?;
                match surroundings::around(&self.spot, &observed.containers, &self.context) {
                    Some(around) => (around, true),
                    None => return Ok(false),
                }
            }
        };
        if is_told {
            surroundings::tell(&self.context.reporter, &place, &here, "--workspace .");
        }
        let is_other = place != here;
        self.spot = Spot::Named(place);
        if is_other {
            self.reload()?;
        }
        Ok(is_other)
    }

    /// The workspace of the container that the command line names, if there is
    /// such a container.
    fn named(&self, observed: &Observed) -> crate::Result<Option<WorkspacePath>> {
        let Some(name) = &self.choice.name else { return Ok(None) };
        let found = observed.containers.iter().find(|it| it.name == name.as_ref());
        let Some(container) = found else { return Ok(None) };
        if !container.labels.is_managed() {
            return Err(Refusal::NotOurs { name: name.to_string() }.into());
        }
        let label = container.labels.workspace().unwrap_or_default();
        let path = WorkspacePath::new(label);
        Ok(Some(
            path.map_err(|error| OperationError::usage(format!("container `{name}`: {error}")))?,
        ))
    }
}
