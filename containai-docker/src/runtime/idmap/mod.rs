//! Who owns what on a bind mount: the workspace's owner on the host is `agent` inside, and nobody
//! inside is root outside.

mod extent;
mod namespace;
mod ranges;
mod workspace;

pub use extent::{Extent, IdMap};
pub(super) use namespace::{NamespaceError, hold as hold_namespace, with_maps};
pub use ranges::{IdRange, IdRanges};
pub use workspace::{AGENT_ID, BindOwner, agent_host_id, for_owner, identity};
