//! In-memory test doubles of the engine, the remote and the workspace store.
//!
//! They keep the contract of the real ones: starting a container twice succeeds, a name
//! in use is refused, a missing container is an error, a key is pinned before a session
//! opens. [`FakeEngine::crash_after`] stops the engine after any call, so that a test can
//! cover every point at which a process may crash. [`samples!`](crate::samples) renders
//! an error of every variant as the user sees it.

mod engine;
mod remote;
mod render_errors;
mod run_ready;
mod sample_desired;
mod snapshots;
mod state;
mod storage;
mod workspace_store;

pub use engine::FakeEngine;
pub use remote::{FakeConnection, FakeRemote};
pub use render_errors::{render_errors, render_errors_with_hints};
pub use run_ready::run_ready;
pub use sample_desired::sample_desired;
pub use workspace_store::FakeWorkspaceStore;
