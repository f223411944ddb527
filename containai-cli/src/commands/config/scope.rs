//! The scope of a setting on the command line.

use std::path::PathBuf;

use clap::Args;
use containai::config::ConfigScope;

/// The workspaces that a setting applies to.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ConfigScopeArgs {
    /// Use the settings of all workspaces
    #[arg(short, long, conflicts_with = "workspace")]
    global: bool,
    /// Use the settings of this workspace [default: the repository around the current directory]
    #[arg(short, long, value_name = "PATH")]
    workspace: Option<PathBuf>,
}

impl ConfigScopeArgs {
    pub(super) fn scope(&self) -> ConfigScope {
        match (self.global, &self.workspace) {
            (true, _) => ConfigScope::Global,
            (false, Some(path)) => ConfigScope::Workspace(path.clone()),
            (false, None) => ConfigScope::Default,
        }
    }
}
