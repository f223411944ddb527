//! Ownership on bind mounts: the workspace's owner on the host is `agent` in the container, and no
//! id in the container is root on the host.

mod extent;
mod mapping;
mod namespace;
mod shift;
mod workspace;

pub use extent::{IdMapExtent, MountIdMap};
pub use mapping::{IdMapping, IdMappings};
pub(super) use namespace::{
    NamespaceCache, NamespaceCreator, NamespaceError, create_namespace, hold_namespace,
};
pub(super) use shift::IdShift;
pub use workspace::{AGENT_ID, BindOwner, identity_maps, owner_maps};
