//! Calls of git on this machine.

use std::path::Path;
use std::process::{Command, Stdio};

/// A call of git that is told to run nothing from the repository's
/// configuration, to write nothing that it was not asked for, and to read it
/// whoever owns it.
pub(crate) fn git(directory: &Path) -> Command {
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "-c", "core.fsmonitor=false"])
        .args(["-c", "core.hooksPath=/dev/null", "-c", "core.logAllRefUpdates=false"])
        .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false", "-C"])
        .arg(directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        // An index is refreshed in memory only.
        .env("GIT_OPTIONAL_LOCKS", "0")
        // An object that is missing could be asked of a remote, which is a
        // command of the repository's.
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    for variable in REPOSITORY_VARIABLES {
        git.env_remove(variable);
    }
    git
}

/// What leads git to another repository, as `git rev-parse --local-env-vars`.
const REPOSITORY_VARIABLES: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
];
