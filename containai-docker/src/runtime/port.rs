use std::fs;

use containai_core::layout::EngineLayout;

use super::container::{ContainerRef, ContainerState};
use crate::host;

/// Keeps the container's network apart from that of others, before its first process runs.
///
/// The engine has put the network in place by now, whichever version it is: some do it while the
/// container is created, and some between that and its start.
pub(super) fn pin(container: &ContainerRef) -> Result<(), host::PortError> {
    let executable = fs::read_link("/proc/self/exe").unwrap_or_default();
    // A runtime that no set-up has installed serves an engine whose bridge is not ours.
    let Some(layout) = EngineLayout::of_runtime(&executable) else { return Ok(()) };
    let Some(state) = ContainerState::read(container) else { return Ok(()) };
    host::pin_ports(&layout, state.pid)
}
