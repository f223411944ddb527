//! What happens meanwhile, for whoever wants to show it.

use crate::lifecycle::Step;

/// Something worth showing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The drive begins a step.
    Step(&'a Step),
    /// A longer piece of work begins, such as `pulling ubuntu:24.04`. It lasts
    /// until the next [`Event::Stage`] or [`Event::Step`].
    Stage(&'a str),
    /// How far the stage is.
    Progress {
        /// What is done, in the unit of `total`.
        done: u64,
        /// All there is to do; `None` when unknown.
        total: Option<u64>,
    },
    /// A line of output of the stage, untrusted.
    Output(&'a str),
    /// Something the user should know although nothing failed.
    Notice(&'a str),
}

/// A listener.
pub trait Events: Sync {
    /// Takes note of one event; must not block for long.
    fn event(&self, event: Event<'_>);
}

/// The listener that is not interested.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Events for Silent {
    fn event(&self, _: Event<'_>) {}
}
