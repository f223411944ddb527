//! Ownership on bind mounts: the workspace's owner on the host is `agent` in the container, and no
//! id in the container is root on the host.

mod extent;
mod namespace;
mod ranges;
mod shift;
mod workspace;

pub use extent::{Extent, IdMap};
pub(super) use namespace::{
    Creator, NamespaceError, Namespaces, created_by, hold as hold_namespace,
};
pub use ranges::{IdRange, IdRanges};
pub(super) use shift::Shift;
pub use workspace::{AGENT_ID, BindOwner, agent_host_id, for_owner, identity};
