//! Host ids of the containers' processes.
//!
//! Files on disk have ids of the engine's single range, in all containers. The processes of a
//! container run in a range of their own if the kernel and the storage driver support it; resources
//! that the kernel assigns by user id, mainly keys, are then not shared between containers. The
//! range does not affect files on disk, so it is chosen again at each `create`.

mod assignment;
mod lease;
mod pool;

pub(super) use assignment::{IdAssignment, MountIdMaps};
pub(super) use lease::{IdLease, LeaseState, StreamOwner, stream_owner};
pub(super) use pool::IdPool;
