//! Progress events.

/// An event to display.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A longer operation begins, such as `pulling ubuntu:24.04`. It lasts until the next stage or
    /// step.
    Stage(&'a str),
    /// The progress of the stage.
    Progress {
        /// The completed amount, in the unit of `total`.
        done: u64,
        /// The total amount; `None` if unknown.
        total: Option<u64>,
    },
    /// A line of output of the stage, untrusted.
    Output(&'a str),
    /// Information for the user; nothing failed.
    Notice(&'a str),
    /// Something that the user should know, such as a limit that does not apply.
    Warning(&'a str),
}

/// A listener for events.
pub trait EventListener: Sync {
    /// Receives an event. Must not block for long.
    fn on_event(&self, event: Event<'_>);
}

/// A listener that ignores all events.
#[derive(Clone, Copy, Debug, Default)]
pub struct IgnoreEvents;

impl EventListener for IgnoreEvents {
    fn on_event(&self, _: Event<'_>) {}
}
