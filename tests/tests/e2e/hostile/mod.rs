//! What a hostile container, workspace or neighbour tries, one file a target.
//!
//! Each test first shows that the attack is well formed where that is possible, then that it
//! achieves nothing.

mod fork;
mod workspace_guard;
mod workspace_paths;
