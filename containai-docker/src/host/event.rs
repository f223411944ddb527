//! Progress events of setup.

use super::step::SetupStep;

/// A progress event of setup.
#[derive(Debug)]
#[non_exhaustive]
pub enum SetupEvent<'a> {
    /// A step starts.
    StepStarted {
        /// Number of the step, from 1.
        number: usize,
        /// Number of steps.
        total: usize,
        /// The step.
        step: &'a SetupStep,
    },
    /// The current step made progress.
    Progress {
        /// From 0 to 100.
        percent: f32,
        /// The current action, as the running program describes it.
        message: &'a str,
    },
    /// The current step waits for something, such as another package manager.
    Waiting {
        /// The reason for waiting.
        reason: &'a str,
    },
    /// The step has finished.
    StepFinished {
        /// The step.
        step: &'a SetupStep,
    },
}

/// A listener for setup events.
pub trait SetupEvents: Sync {
    /// Handles one event. Called in order, from the thread that runs the steps.
    fn on(&self, event: &SetupEvent<'_>);
}

/// Ignores all events.
#[derive(Clone, Copy, Debug, Default)]
pub struct IgnoreSetupEvents;

impl SetupEvents for IgnoreSetupEvents {
    fn on(&self, _event: &SetupEvent<'_>) {}
}
