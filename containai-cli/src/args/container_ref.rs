//! The container of verbs whose words are a command.

use std::path::PathBuf;

use clap::Args;
use containai::OperationError;
use containai::workspace::{self, ProtectedPathUse, WorkspaceRef};
use containai_core::naming::ContainerName;

use crate::env::Env;

/// The container of verbs whose words are a command.
#[derive(Clone, Debug, Args)]
pub(crate) struct ContainerRefArgs {
    /// Workspace path [default: the repository around the current directory]
    #[arg(short, long, value_name = "PATH")]
    workspace: Option<PathBuf>,
    /// Container name
    #[arg(long, alias = "name", value_name = "NAME")]
    pub(crate) container: Option<ContainerName>,
}

impl ContainerRefArgs {
    /// The workspace, and whether the command line names it; `path` goes before `--workspace`.
    pub(crate) fn workspace_ref(
        &self,
        path: Option<PathBuf>,
        env: &Env,
        protected: ProtectedPathUse,
    ) -> Result<WorkspaceRef, OperationError> {
        let given = path.or_else(|| self.workspace.clone());
        match (&given, &self.container) {
            (None, Some(_)) => workspace::find_current(env),
            _ => workspace::find_ref(given.as_deref(), env, protected),
        }
    }
}
