//! Attacks by a hostile container, workspace or neighbour, one file a target.
//!
//! Where possible, each test first shows that the attack is well formed, then that it has no
//! effect.

mod import_secrets;
mod linked_worktree;
mod moved_workspace;
mod network;
mod other_engines;
mod ownership;
mod resource_usage;
mod shared_kernel;
mod shutdown;
mod snapshot_fork;
mod sysbox;
mod system_calls;
mod workspace_guard;
mod workspace_paths;
