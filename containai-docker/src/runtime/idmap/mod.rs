//! Ownership on bind mounts: the workspace's owner on the host is `agent` in the container, and no
//! id in the container is root on the host.

mod extent;
mod namespace;
mod mapping;
mod shift;
mod workspace;

pub use extent::{IdMapExtent, MountIdMap};
pub(super) use namespace::{
    NamespaceCreator, NamespaceError, NamespaceCache, create_namespace, hold_namespace as hold_namespace,
};
pub use mapping::{IdMapping, IdMappings};
pub(super) use shift::IdShift;
pub use workspace::{AGENT_ID, BindOwner, agent_host_id, owner_maps, identity_maps};
