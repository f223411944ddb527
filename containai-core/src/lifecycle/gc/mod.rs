//! Garbage collection.
//!
//! [`take_inventory()`] collects the facts, [`plan_gc()`] decides, and [`prune()`]
//! removes, after checking each item again right before its removal.

mod inventory;
mod measure;
mod plan;
mod policy;
mod prune;

pub use inventory::{GcInventory, take_inventory};
pub use measure::measure_containers;
pub use plan::{GcPlan, IdleContainer, UnusedImage, UnusedVolume, plan_gc};
pub use policy::{GcPolicy, GcScope, is_managed_image};
pub use prune::{PruneItem, PruneOutcome, PruneReport, prune};
