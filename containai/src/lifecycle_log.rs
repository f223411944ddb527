//! `tracing` events of the lifecycle.

use containai_core::engine::Event;
use containai_core::lifecycle::Step;
use tracing::{debug, trace};

/// The target of this crate's `tracing` spans and events.
pub(crate) const LOG_TARGET: &str = "containai::lifecycle";

/// Emits an event of a container's lifecycle. Output of builds is a trace.
pub(crate) fn log(event: &Event<'_>) {
    match event {
        Event::Stage(stage) => debug!(target: LOG_TARGET, stage, "stage"),
        Event::Progress { done, total } => trace!(target: LOG_TARGET, done, total, "progress"),
        Event::Output(line) => trace!(target: LOG_TARGET, line, "output"),
        Event::Notice(notice) => debug!(target: LOG_TARGET, notice, "notice"),
        Event::Warning(warning) => debug!(target: LOG_TARGET, warning, "warning"),
        _ => {}
    }
}

/// Emits a step of a container's lifecycle.
pub(crate) fn log_step(step: &Step) {
    debug!(target: LOG_TARGET, ?step, "step");
}
