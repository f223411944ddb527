//! The ids of the host that a container's processes run as.
//!
//! Files on disk have ids of the engine's one range, whatever container they belong to. The
//! processes of a container run in a range of its own where kernel and store allow it: nothing that
//! the kernel decides by the id of a user, keys above all, is shared between two containers then.
//! Nothing on disk depends on the range, so it is chosen anew at each `create`.

mod assignment;
mod lease;
mod pool;

pub(super) use assignment::{Assignment, IdMaps};
pub(super) use lease::{Lease, StreamOwner, Tenure, owner_of};
pub(super) use pool::Pool;
