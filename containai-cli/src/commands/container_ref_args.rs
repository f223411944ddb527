//! Which container the entering verbs are about.

use std::path::PathBuf;

use clap::Args;
use containai_core::naming::ContainerName;

use crate::env::Env;
use containai::OperationError;
use containai::workspace::{self, ProtectedPathUse, WorkspaceRef};

/// Which container, beside a path.
#[derive(Clone, Debug, Args)]
pub(crate) struct ContainerRefArgs {
    /// The workspace [default: the repository around the current directory]
    #[arg(short, long, value_name = "PATH")]
    workspace: Option<PathBuf>,
    /// The container's name; `run` and `shell` give it to a new one where there is none
    #[arg(long, alias = "name", value_name = "NAME")]
    pub(crate) container: Option<ContainerName>,
}

impl ContainerRefArgs {
    /// The directory, and whether it was named.
    pub(crate) fn workspace_ref(
        &self,
        path: Option<PathBuf>,
        env: &Env,
        caution: ProtectedPathUse,
    ) -> Result<WorkspaceRef, OperationError> {
        let given = path.or_else(|| self.workspace.clone());
        match (&given, &self.container) {
            // The name alone may lead to another workspace than this directory,
            // which need not even be there any more.
            (None, Some(_)) => {
                workspace::find_ref(None, env, ProtectedPathUse::Allow).or_else(|_| {
                    workspace::find_removed(&env.directory, env, ProtectedPathUse::Allow)
                        .map(WorkspaceRef::Implicit)
                })
            }
            _ => workspace::find_ref(given.as_deref(), env, caution),
        }
    }
}
