//! TCP ports that programs in a container listen on.

mod auto_forward;
mod list;
mod open_port;
mod port_choice;
mod watch;

pub use auto_forward::forward_new_ports;
pub use list::list_ports;
pub use open_port::{OpenPort, reach_port};
