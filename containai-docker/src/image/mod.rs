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

mod base_system;
mod bootstrap;
mod build;
mod builder;
mod context;
pub mod custom;
mod embedded;
mod ensure;
mod log_tail;
mod manage;
mod os_release;
mod pull;
mod reference;
mod store;

pub use crate::build_env::BuildEnv;
pub use build::BuildCache;
pub use reference::local_reference;
pub use store::ImageRemoval;

pub(crate) use base_system::require_base_system;
pub(crate) use build::{BuildLog, build_failure};
pub(crate) use builder::detect as detect_builder;
pub(crate) use embedded::files;
pub(crate) use ensure::ensure;
pub(crate) use log_tail::LogTail;
pub(crate) use pull::pull;
pub(crate) use store::{find, labels};
