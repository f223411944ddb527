//! Archives as files: packed, sealed, and read back whatever they are.

mod archive;
mod gunzip;
mod gzip;
mod in_order;
mod packing;
mod seal;
mod sink;
mod source;

pub(crate) use archive::{Archive, Kind};
pub(crate) use packing::Packing;
pub(crate) use seal::{Keys, Seal};
pub(crate) use sink::Sink;
pub(crate) use source::SealedFor;
use source::Source;
