//! Reading and changing of settings.

mod change;
mod edit;
mod scope;

pub use change::{set, unset};
pub use edit::edit;
pub use scope::ConfigScope;
