//! What set-up tells while it works.

use super::step::Step;

/// Something that happened during set-up.
#[derive(Debug)]
#[non_exhaustive]
pub enum SetupEvent<'a> {
    /// A step begins.
    StepStarted {
        /// Counted from 1.
        number: usize,
        /// How many steps there are.
        total: usize,
        /// The step.
        step: &'a Step,
    },
    /// The running step got further.
    Progress {
        /// 0 to 100.
        percent: f32,
        /// What is being done, in the words of the program that does it.
        message: &'a str,
    },
    /// The running step waits for something, such as another package manager.
    Waiting {
        /// What it waits for.
        reason: &'a str,
    },
    /// The running step is done.
    StepDone {
        /// The step.
        step: &'a Step,
    },
}

/// Who listens to set-up.
pub trait SetupEvents: Sync {
    /// Takes one event; called in order, from the thread that does the work.
    fn on(&self, event: &SetupEvent<'_>);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl SetupEvents for Silent {
    fn on(&self, _event: &SetupEvent<'_>) {}
}
