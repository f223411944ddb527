use std::fs;
use std::path::Path;

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
    let Some(layout) = engine_of(&executable) else { return Ok(()) };
    let Some(state) = ContainerState::read(container) else { return Ok(()) };
    host::pin_ports(&layout, state.pid)
}

/// The engine whose runtime this is.
fn engine_of(runtime: &Path) -> Option<EngineLayout> {
    let depth = EngineLayout::default().runtime().components().count() - 1;
    let layout = EngineLayout::at(runtime.ancestors().nth(depth)?);
    (layout.runtime() == runtime).then_some(layout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_known_by_its_runtime() {
        for root in ["/", "/srv/second", "/var/tmp/a b/engine"] {
            let layout = EngineLayout::at(root);
            assert_eq!(engine_of(&layout.runtime()), Some(layout), "{root}");
        }
        assert_eq!(engine_of(Path::new("/usr/local/bin/cai")), None);
        assert_eq!(engine_of(Path::new("/containai-runc")), None);
    }
}
