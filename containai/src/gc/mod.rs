//! Garbage collection on an engine.

mod collect;
mod describe;

pub use collect::{GarbageCollection, GcReport};
