//! Forwarding of ports and sockets between this machine and a container.

mod background;
mod reconnecting;
mod server;
mod stop;

pub use background::start_background;
pub use reconnecting::ReconnectingContainer;
pub use server::ForwardServer;
pub use stop::stop_selected;
