//! The program that the engine and its supervisor run.

use std::fs;
use std::path::Path;

use containai_core::layout::EngineLayout;

use super::error::SetupError;
use super::file;

/// Copies `program` to where the engine looks for its runtime and makes the
/// supervisor a link to it; the program tells its two tasks by `argv[0]`.
pub(super) fn install(from: &Path, runtime: &Path, supervisor: &Path) -> Result<(), SetupError> {
    file::copy_atomic(from, runtime, 0o755)?;
    let target = runtime.file_name().map_or(runtime, Path::new);
    file::link_atomic(target, supervisor)
}

/// Whether both are in place and equal `program`.
pub(super) fn is_current(layout: &EngineLayout, program: &Path) -> bool {
    let same = |path: &Path| match (fs::metadata(path), fs::metadata(program)) {
        // A build writes a new length more often than not, and reading both
        // files to the end is slow.
        (Ok(there), Ok(here)) => there.len() == here.len() && contents_equal(path, program),
        _ => false,
    };
    same(&layout.runtime()) && layout.supervisor().exists()
}

fn contents_equal(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}
