//! What outlasts a workspace's container, in the user's configuration.

use containai_core::config::SECTIONS;
use containai_core::naming::{VolumeName, WorkspacePath};
use containai_core::records::{RecordError, Records};

use crate::env::Env;
use crate::ui::Ui;
use crate::user_config;

/// The user's configuration, as what remembers.
pub(crate) struct UserRecords<'a> {
    pub(crate) env: &'a Env,
    pub(crate) ui: &'a Ui,
}

impl Records for UserRecords<'_> {
    async fn check(&self, workspace: &WorkspacePath) -> Result<(), RecordError> {
        user_config::check(&self.env.layout, self.ui)
            .await
            .map_err(|error| RecordError { workspace: workspace.to_string(), source: error.into() })
    }

    async fn record_volume(
        &self,
        workspace: &WorkspacePath,
        volume: &VolumeName,
    ) -> Result<(), RecordError> {
        let keys = [SECTIONS, workspace.as_str(), "data_volume"];
        user_config::edit(&self.env.layout, self.ui, |file| Ok(file.set(&keys, volume.as_str())?))
            .await
            .map_err(|error| RecordError { workspace: workspace.to_string(), source: error.into() })
    }
}
