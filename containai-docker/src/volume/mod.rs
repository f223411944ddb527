//! Access to volumes through helper containers, without the containers that mount them.

mod archive_api;
mod byte_channel;
mod copying;
mod error;
mod fifo;
mod helper_spec;
mod home_copy;
mod mounted_by;
mod packing;
mod script;
mod unpacking;

pub use archive_api::VolumeArchive;
pub use byte_channel::{ByteChannel, ChannelReader, ChannelWriter, byte_channel};
pub use copying::DockerVolumeCopier;
pub use error::VolumeError;
pub use helper_spec::VolumeHelperSpec;
pub(crate) use home_copy::copy_as_agent;
pub use packing::{TarWarnings, VolumePacker};
pub use unpacking::{FreeSpace, VolumeUnpacker};
