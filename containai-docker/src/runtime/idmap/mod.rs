//! Who owns what on a bind mount: the workspace's owner on the host is `agent` inside, and nobody
//! inside is root outside.

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
