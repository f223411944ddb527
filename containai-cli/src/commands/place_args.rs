//! The flags that name a volume.

use std::path::PathBuf;

use clap::Args;
use containai::volume_target::VolumeQuery;
use containai_core::naming::VolumeName;

/// A volume, by the workspace or the container that it is for.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PlaceArgs {
    /// The workspace [default: the repository around the current directory]
    pub(crate) path: Option<PathBuf>,
    /// The workspace, as an option
    #[arg(short, long, value_name = "PATH", conflicts_with = "path")]
    pub(crate) workspace: Option<PathBuf>,
    /// The container's name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["path", "workspace"])]
    pub(crate) container: Option<String>,
    /// The volume, if it is not the workspace's own
    #[arg(long, value_name = "NAME", value_parser = VolumeName::parse, conflicts_with = "container")]
    pub(crate) data_volume: Option<VolumeName>,
}

impl PlaceArgs {
    /// The volume that is asked for.
    pub(crate) fn query(&self) -> VolumeQuery {
        VolumeQuery {
            workspace: self.path.clone().or_else(|| self.workspace.clone()),
            container: self.container.clone(),
            data_volume: self.data_volume.clone(),
        }
    }
}
