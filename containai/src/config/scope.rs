use std::path::PathBuf;

use containai_core::config::{ChangeTarget, Config, Flags, SettingSpec};
use containai_core::naming::WorkspacePath;

use crate::error::OperationError;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::workspace::{self, ProtectedPathUse, WorkspaceRef};
use crate::{enclosing_workspace, settings};

/// The scope in which settings are read and changed.
#[derive(Clone, Debug)]
pub enum ConfigScope {
    /// The workspace around the current directory; changes of settings that are not specific to a
    /// workspace apply to all workspaces.
    Default,
    /// All workspaces.
    Global,
    /// One workspace.
    Workspace(PathBuf),
}

impl ConfigScope {
    /// The configuration in this scope.
    ///
    /// # Errors
    ///
    /// The workspace does not exist, or a configuration file is invalid.
    pub async fn config(
        &self,
        flags: Flags,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Config> {
        let workspace = match self {
            Self::Global => None,
            _ => Some(self.workspace(&flags, env, reporter).await?),
        };
        settings::resolve(env, reporter, flags, workspace.as_ref())
    }

    /// The part of the configuration file that a change of a setting applies to. Reports a workspace
    /// other than the current directory.
    pub(super) async fn change_target(
        &self,
        key: &str,
        flags: &Flags,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<ChangeTarget> {
        let is_per_workspace = SettingSpec::find(key).is_some_and(SettingSpec::is_per_workspace);
        match self {
            Self::Global => Ok(ChangeTarget::Global),
            Self::Default if !is_per_workspace => Ok(ChangeTarget::Global),
            _ => Ok(ChangeTarget::Section(self.workspace(flags, env, reporter).await?)),
        }
    }

    /// The configuration that applies after a change: in the named workspace, or in that around the
    /// current directory.
    pub(super) async fn config_after_change(
        &self,
        flags: Flags,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Config> {
        let workspace_ref = self.workspace_ref(env)?;
        let enclosing =
            enclosing_workspace::find_offline(&workspace_ref, &flags, env, reporter).await;
        let workspace = enclosing.as_ref().unwrap_or(workspace_ref.path());
        settings::resolve(env, reporter, flags, Some(workspace))
    }

    async fn workspace(
        &self,
        flags: &Flags,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<WorkspacePath> {
        let workspace_ref = self.workspace_ref(env)?;
        let otherwise = "--workspace .";
        Ok(enclosing_workspace::resolve_offline(&workspace_ref, flags, env, reporter, otherwise)
            .await)
    }

    fn workspace_ref(&self, env: &ProcessEnv) -> Result<WorkspaceRef, OperationError> {
        let path = match self {
            Self::Workspace(path) => Some(path.as_path()),
            Self::Default | Self::Global => None,
        };
        workspace::find_ref(path, env, ProtectedPathUse::Allow)
    }
}
