//! Archives of data volumes.

mod destination;
mod farewell;
mod standstill;
mod work;

pub use destination::{Chooser, Destination, Sealing, workspaces};
pub use farewell::Farewell;
pub use work::Export;
