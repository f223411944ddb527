//! Access to volumes through helper containers, without the containers that mount them.

mod copying;
mod door;
mod errand;
mod error;
mod home_copy;
mod packing;
mod pieces;
mod reclaiming;
mod script;
mod shortcut;
mod unpacking;
mod users;

pub use copying::VolumesCopying;
pub use door::VolumeDoor;
pub use errand::Mounted;
pub use error::VolumeError;
pub(crate) use home_copy::copy_as_agent;
pub use packing::{Complaints, Packing};
pub use pieces::{PieceReader, PieceWriter, Pieces, pieces};
pub(crate) use reclaiming::reclaim_beside;
pub use unpacking::{Room, Unpacking};
