use std::path::{Path, PathBuf};

use super::Spec;

/// Returns the path of the container's root file system, as mounted by the engine.
pub(in crate::runtime) fn root_path(spec: &Spec) -> Option<PathBuf> {
    spec.get("/root/path")?.as_str().map(PathBuf::from)
}

/// Sets the path of the container's root file system.
pub(in crate::runtime) fn set_root_path(spec: &mut Spec, path: &Path) {
    spec.object(&["root"]).insert("path".to_owned(), path.to_string_lossy().into());
}
