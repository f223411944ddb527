//! Garbage collection.
//!
//! [`take_inventory()`] collects the facts, [`plan_gc()`] decides, and [`prune()`]
//! removes, after checking each item again right before its removal.

mod plan;
mod policy;
mod prune;
mod inventory;

pub use plan::{GcPlan, IdleContainer, UnusedImage, UnusedVolume, plan_gc};
pub use policy::{GcPolicy, GcScope};
pub use prune::{PruneItem, PruneOutcome, PruneReport, prune};
pub use inventory::{GcInventory, take_inventory, measure_containers};
