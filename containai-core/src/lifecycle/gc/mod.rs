//! Garbage collection.
//!
//! [`take_inventory()`] collects the facts, [`plan_gc()`] decides, and [`prune()`]
//! removes, after checking each item again right before its removal.

mod plan;
mod policy;
mod sweep;
mod world;

pub use plan::{GcPlan, StaleContainer, UnusedImage, UnusedVolume, plan_gc};
pub use policy::{GcPolicy, Scope};
pub use sweep::{Litter, Outcome, Swept, sweep};
pub use world::{GcWorld, look, measure};
