//! How an image comes into the engine's store.
//!
//! An image of ours is looked for in this order: in the store, in the
//! registry, built from the files that are embedded in this crate on a pulled
//! distribution, and built on one that mmdebstrap makes from the host's package
//! mirror. The last way needs no image registry. What an image is built on is
//! built before it, where the store does not have it.

mod bootstrap;
mod build;
mod context;
mod os_release;
mod provide;
mod pull;
mod reference;
mod store;
mod surroundings;
mod tail;
mod tree;
mod upkeep;

pub use build::BuildCache;
pub use reference::local_reference;
pub use store::Removal;
pub use surroundings::Surroundings;

pub(crate) use build::Log;
pub(crate) use provide::{find, get, provide};
pub(crate) use store::labels;
pub(crate) use tree::files;
