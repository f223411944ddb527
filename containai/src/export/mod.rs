//! Archives of data volumes.

mod destination;
mod farewell;
mod standstill;
mod work;

pub(crate) use destination::{Chooser, Destination, Sealing, workspaces};
pub(crate) use farewell::Farewell;
pub(crate) use work::Export;
