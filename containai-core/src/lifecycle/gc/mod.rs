//! Sweeping up what nobody needs any more.
//!
//! [`look()`] gathers facts, [`plan_gc()`] decides on paper, [`sweep()`] removes,
//! and asks again right before each removal whether the decision still stands.

mod plan;
mod policy;
mod sweep;
mod world;

pub use plan::{GcPlan, StaleContainer, UnusedImage, UnusedVolume, plan_gc};
pub use policy::{GcPolicy, Scope};
pub use sweep::{Litter, Outcome, Swept, sweep};
pub use world::{GcWorld, look, measure};
