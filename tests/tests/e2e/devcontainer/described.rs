//! Files of a workspace that say how it is worked on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use containai_tests::Repository;

/// Writes a file of the workspace, and the directories that it is in. Scripts
/// can be run.
#[track_caller]
pub(super) fn write(repository: &Repository, path: &str, text: &str) {
    let path = repository.path().join(path);
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("a directory can be made");
    fs::write(&path, text).expect("a file can be written");
    if text.starts_with("#!") {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
}

/// Writes the file itself.
#[track_caller]
pub(super) fn describe(repository: &Repository, text: &str) {
    write(repository, ".devcontainer/devcontainer.json", text);
}
