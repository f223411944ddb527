//! What a hostile container, workspace or neighbour tries, one file a target.
//!
//! Each test first shows that the attack is well formed where that is possible, then that it
//! achieves nothing.

mod figures;
mod fork;
mod import_secrets;
mod linked_worktree;
mod moved;
mod neighbours;
mod other_engines;
mod ownership;
mod shared_kernel;
mod stopping;
mod sysbox;
mod system_calls;
mod workspace_guard;
mod workspace_paths;
