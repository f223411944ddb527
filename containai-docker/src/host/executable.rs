//! The program that acts as runtime and supervisor.

use std::fs;
use std::path::{Path, PathBuf};

use containai_core::layout::EngineLayout;

use super::error::SetupError;
use super::file;

/// Copies the program to the path of the engine's runtime and links its other names to it; the
/// program selects its role by `argv[0]`.
pub(super) fn install(from: &Path, runtime: &Path, links: &[PathBuf]) -> Result<(), SetupError> {
    file::copy_atomic(from, runtime, 0o755)?;
    let target = runtime.file_name().map_or(runtime, Path::new);
    links.iter().try_for_each(|link| file::link_atomic(target, link))
}

/// Returns the paths of the program's other names.
pub(super) fn link_paths(layout: &EngineLayout) -> [PathBuf; 2] {
    [layout.supervisor(), layout.sysbox_runtime()]
}

/// Returns whether all paths exist and the runtime equals `program`.
pub(super) fn is_current(layout: &EngineLayout, program: &Path) -> bool {
    let same = |path: &Path| match (fs::metadata(path), fs::metadata(program)) {
        // The length differs between most builds, and reading both files is slow.
        (Ok(there), Ok(here)) => there.len() == here.len() && contents_equal(path, program),
        _ => false,
    };
    same(&layout.runtime()) && link_paths(layout).iter().all(|link| link.exists())
}

fn contents_equal(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}
