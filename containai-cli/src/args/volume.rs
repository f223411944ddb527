//! One data volume, by container, workspace or name.

use clap::Args;
use containai::ProcessEnv;
use containai::volume_target::VolumeQuery;
use containai_core::naming::VolumeName;

use super::TargetArgs;

/// One data volume, by container, workspace or name.
#[derive(Clone, Debug, Args)]
pub(crate) struct VolumeArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Data volume, if it is not the workspace's own
    #[arg(long, value_name = "NAME", value_parser = VolumeName::parse, conflicts_with = "container")]
    data_volume: Option<VolumeName>,
}

impl VolumeArgs {
    /// The volume that the command line names.
    pub(crate) fn query(&self, env: &ProcessEnv) -> VolumeQuery {
        let (workspace, container) = self.target.split(env);
        VolumeQuery { workspace, container, data_volume: self.data_volume.clone() }
    }
}
