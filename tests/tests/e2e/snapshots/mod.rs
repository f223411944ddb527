//! States that are kept, come back to, and run beside each other.

mod killed;
mod scene;
mod sharers;
mod states;
