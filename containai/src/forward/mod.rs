//! Forwarding of ports and sockets between this machine and a container.

mod reconnecting;

pub use reconnecting::ReconnectingContainer;
