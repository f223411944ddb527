//! How an image comes into the engine's store.
//!
//! An image of ours is looked for in this order: in the store, in the
//! registry, built from the files that are embedded in this crate on a pulled
//! base, and built on a base that mmdebstrap makes from the distribution's
//! package mirror. The last way needs no image registry.

mod bootstrap;
mod build;
mod context;
mod os_release;
mod provide;
mod pull;
mod reference;
mod tail;
mod tree;

pub(crate) use provide::{find, provide};
pub use reference::local_reference;
