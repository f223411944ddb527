//! Commands in a container.

use std::ffi::OsStr;
use std::sync::Arc;

use super::handle::Sandbox;
use crate::command::Command;

impl Sandbox {
    /// Creates a command that runs in the container; see [`Command`].
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        Command::new(Arc::clone(&self.handle), program.as_ref())
    }
}
