//! Helper containers: containers for one operation of ContainAI on a volume, an image or files of
//! this machine.
//!
//! A helper has no network and mounts only what its operation needs. One that is never started gives
//! access through the engine's archive API; one that is started runs a script.

mod container;
mod running;
mod spec;
mod volume_mount;

pub(crate) use container::HelperContainer;
pub(crate) use running::RunningHelper;
pub(crate) use spec::{HelperProgram, HelperSpec};
pub(crate) use volume_mount::{NewVolume, data_volume_mount, volume_mount};
