use std::fs;
use std::path::Path;

use containai_core::layout::EngineLayout;

use super::container::{ContainerRef, ContainerState};
use crate::host;

/// Isolates the container's network before its first process runs.
///
/// The engine has connected the network by now: depending on its version, during `create` or
/// between `create` and `start`.
pub(super) fn pin(container: &ContainerRef) -> Result<(), host::BridgePortError> {
    let executable = fs::read_link("/proc/self/exe").unwrap_or_default();
    // A runtime that was not installed by setup belongs to an engine with another bridge.
    let Some(layout) = engine_layout(&executable) else { return Ok(()) };
    let Some(state) = ContainerState::read(container) else { return Ok(()) };
    host::pin_ports(&layout, state.pid)
}

/// Returns the layout of the engine that uses this runtime.
fn engine_layout(runtime: &Path) -> Option<EngineLayout> {
    let depth = EngineLayout::default().runtime().components().count() - 1;
    let layout = EngineLayout::at(runtime.ancestors().nth(depth)?);
    (layout.runtime() == runtime).then_some(layout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_engine_by_runtime_path() {
        for root in ["/", "/srv/second", "/var/tmp/a b/engine"] {
            let layout = EngineLayout::at(root);
            assert_eq!(engine_layout(&layout.runtime()), Some(layout), "{root}");
        }
        assert_eq!(engine_layout(Path::new("/usr/local/bin/cai")), None);
        assert_eq!(engine_layout(Path::new("/containai-runc")), None);
    }
}
