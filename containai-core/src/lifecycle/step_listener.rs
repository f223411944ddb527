use super::step::Step;
use crate::engine::{EventListener, IgnoreEvents};

/// A listener for steps, and for the events of each.
pub trait StepListener: EventListener {
    /// Receives a step that begins. Must not block for long.
    fn on_step(&self, step: &Step);
}

impl StepListener for IgnoreEvents {
    fn on_step(&self, _: &Step) {}
}
