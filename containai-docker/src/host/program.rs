//! The program that the engine and its supervisor run.

use std::fs;
use std::path::{Path, PathBuf};

use containai_core::layout::EngineLayout;

use super::error::SetupError;
use super::file;

/// Copies `program` to where the engine looks for its runtime and makes links
/// to it of the other names; the program tells its tasks by `argv[0]`.
pub(super) fn install(from: &Path, runtime: &Path, links: &[PathBuf]) -> Result<(), SetupError> {
    file::copy_atomic(from, runtime, 0o755)?;
    let target = runtime.file_name().map_or(runtime, Path::new);
    links.iter().try_for_each(|link| file::link_atomic(target, link))
}

/// The other names of the program.
pub(super) fn links(layout: &EngineLayout) -> [PathBuf; 2] {
    [layout.supervisor(), layout.sysbox_runtime()]
}

/// Whether all are in place and equal `program`.
pub(super) fn is_current(layout: &EngineLayout, program: &Path) -> bool {
    let same = |path: &Path| match (fs::metadata(path), fs::metadata(program)) {
        // A build writes a new length more often than not, and reading both
        // files to the end is slow.
        (Ok(there), Ok(here)) => there.len() == here.len() && contents_equal(path, program),
        _ => false,
    };
    same(&layout.runtime()) && links(layout).iter().all(|link| link.exists())
}

fn contents_equal(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}
