//! Writing of files in a workspace.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use containai_tests::Repository;

/// Writes a file of the workspace and its parent directories. Scripts are executable.
#[track_caller]
pub(super) fn write(repository: &Repository, path: &str, text: &str) {
    let path = repository.path().join(path);
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("a directory can be made");
    fs::write(&path, text).expect("a file can be written");
    if text.starts_with("#!") {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("root may do that");
    }
}

/// Writes the `devcontainer.json`.
#[track_caller]
pub(super) fn write_devcontainer(repository: &Repository, text: &str) {
    write(repository, ".devcontainer/devcontainer.json", text);
}
