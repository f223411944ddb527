//! In-memory test doubles of the engine, the remote and the workspace store.
//!
//! They keep the contract of the real ones: starting a container twice succeeds, a name
//! in use is refused, a missing container is an error, a key is pinned before a session
//! opens. [`FakeEngine::crash_after`] stops the engine after any call, so that a test can
//! cover every point at which a process may crash. [`samples!`](crate::samples) renders
//! an error of every variant as the user sees it.

mod sample_desired;
mod engine;
mod workspace_store;
mod remote;
mod run_ready;
mod snapshots;
mod storage;
mod render_errors;

pub use sample_desired::sample_desired;
pub use engine::FakeEngine;
pub use workspace_store::FakeWorkspaceStore;
pub use remote::{FakeRemote, FakeConnection};
pub use run_ready::run_ready;
pub use render_errors::{render_errors_with_hints, render_errors};
