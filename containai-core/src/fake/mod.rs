//! An engine and a remote in memory, for tests without a daemon.
//!
//! They keep what the real ones promise: starting twice is fine, a taken name
//! is refused, a missing container is an error, a key is pinned before a
//! session opens. [`FakeEngine::crash_after`] ends the world after any call,
//! so that a test can walk through every moment at which a process may die.
//! [`samples!`](crate::samples) has an error of every variant say what a person
//! reads.

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
