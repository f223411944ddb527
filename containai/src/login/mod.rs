//! Logins of agents and tools, which containers share.
//!
//! [`log_in`] runs the program's own login in a container. Pages that the program opens are opened
//! by the host, after a question, and a page that leads back to a port of this machine reaches the
//! program. [`log_out`] removes the login again.

mod callback_forward;
mod command;
mod find;
mod host_browser;
mod log_in;
mod log_out;
mod page_opener;
mod page_requests;
mod state;

pub use command::LoginMethod;
pub use find::{find_login, logins};
pub use host_browser::HostBrowser;
pub use log_in::log_in;
pub use log_out::log_out;
pub use state::LoginState;
