//! The English of help, messages and documents.

mod pattern;
mod rule;
mod text;

pub(super) use rule::check;
