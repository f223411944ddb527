//! Owners of the files of containers' workspaces on this machine; see [`crate::ownership`].

mod blocking;
mod lend;
mod reclaim;
mod reclaim_in_helper;
mod workspace_container;
