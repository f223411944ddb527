//! Which container the entering verbs are about.

use std::path::PathBuf;

use clap::Args;
use containai_core::naming::ContainerName;

use crate::env::Env;
use containai::OperationError;
use containai::workspace::{self, Caution, Spot};

/// Which container, beside a path.
#[derive(Clone, Debug, Args)]
pub(crate) struct WhichArgs {
    /// The workspace [default: the repository around the current directory]
    #[arg(short, long, value_name = "PATH")]
    workspace: Option<PathBuf>,
    /// The container's name; `run` and `shell` give it to a new one where there is none
    #[arg(long, alias = "name", value_name = "NAME")]
    pub(crate) container: Option<ContainerName>,
}

impl WhichArgs {
    /// The directory, and whether it was named.
    pub(crate) fn spot(
        &self,
        path: Option<PathBuf>,
        env: &Env,
        caution: Caution,
    ) -> Result<Spot, OperationError> {
        let given = path.or_else(|| self.workspace.clone());
        match (&given, &self.container) {
            // The name alone may lead to another workspace than this directory,
            // which need not even be there any more.
            (None, Some(_)) => workspace::spot(None, env, Caution::Forced).or_else(|_| {
                workspace::find_gone(&env.directory, env, Caution::Forced).map(Spot::Found)
            }),
            _ => workspace::spot(given.as_deref(), env, caution),
        }
    }
}
