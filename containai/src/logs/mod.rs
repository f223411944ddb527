//! The journal and the console of a container.

mod line_sanitizer;
mod read;

pub use read::{JournalUnit, LogOptions, read};
