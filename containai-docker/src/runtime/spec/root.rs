use std::path::{Path, PathBuf};

use super::Spec;

/// Where the engine has mounted the container's file system.
pub(in crate::runtime) fn root(spec: &Spec) -> Option<PathBuf> {
    spec.get("/root/path")?.as_str().map(PathBuf::from)
}

/// Has the container start in another one.
pub(in crate::runtime) fn move_root(spec: &mut Spec, path: &Path) {
    spec.object(&["root"]).insert("path".to_owned(), path.to_string_lossy().into());
}
