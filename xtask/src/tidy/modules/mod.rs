//! The modules of a package and the references between them, read from text.

mod component;
mod cycles;
mod reference;
mod tree;

pub(super) use cycles::check;
