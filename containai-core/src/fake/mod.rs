//! In-memory test doubles of the engine, the remote and the workspace store.
//!
//! They keep the contract of the real ones: starting a container twice succeeds, a name
//! in use is refused, a missing container is an error, a key is pinned before a session
//! opens. [`FakeEngine::crash_after`] stops the engine after any call, so that a test can
//! cover every point at which a process may crash. [`samples!`](crate::samples) renders
//! an error of every variant as the user sees it.

mod desired;
mod engine;
mod records;
mod remote;
mod run;
mod snapshots;
mod storage;
mod told;

pub use desired::desired;
pub use engine::FakeEngine;
pub use records::FakeRecords;
pub use remote::{FakeRemote, FakeSession};
pub use run::run;
pub use told::{advised, worded};
