//! Archives as files: packed, sealed, and read back whatever they are.

mod archive;
mod gunzip;
mod gzip;
mod in_order;
mod packing;
mod seal;
mod sink;
mod source;

pub use archive::{Archive, Kind};
pub(crate) use packing::Packing;
pub use seal::{Keys, Seal};
pub(crate) use sink::Sink;
pub use source::SealedFor;
use source::Source;
