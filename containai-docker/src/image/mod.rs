//! Images in the engine's store.
//!
//! A ContainAI image is obtained from the first of these sources that works:
//! - the store,
//! - the registry,
//! - a build from the files that are embedded in this crate, on a pulled distribution image,
//! - such a build on a distribution image that mmdebstrap creates from the host's package mirror;
//!   this needs no image registry.
//!
//! Missing parents of an image are built first.

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
