//! Forwarding of ports and sockets between this machine and a container.

mod container;

pub use container::Followed;
