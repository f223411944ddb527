//! Links from the home directory inside to the data volume.

mod adopt;
mod check;

pub use adopt::{AdoptMode, AdoptedLink, Adoption, adopt};
pub use check::{CheckedLink, check};
