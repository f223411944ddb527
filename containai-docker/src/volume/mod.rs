//! Access to volumes through helper containers, without the containers that mount them.

mod copying;
mod archive_api;
mod helper;
mod error;
mod home_copy;
mod packing;
mod byte_channel;
mod reclaiming;
mod script;
mod fifo;
mod unpacking;
mod mounted_by;

pub use copying::DockerVolumeCopier;
pub use archive_api::VolumeArchive;
pub use helper::VolumeHelperSpec;
pub use error::VolumeError;
pub(crate) use home_copy::copy_as_agent;
pub use packing::{TarWarnings, VolumePacker};
pub use byte_channel::{ChannelReader, ChannelWriter, ByteChannel, byte_channel};
pub(crate) use reclaiming::reclaim_in_helper;
pub use unpacking::{FreeSpace, VolumeUnpacker};
