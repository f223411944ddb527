//! Commands of git on this machine.

use std::path::Path;
use std::process::{Command, Stdio};

/// Returns a git command that runs no program from the repository's configuration, has no side
/// effects on the repository, and accepts a repository of any owner.
pub(crate) fn git(directory: &Path) -> Command {
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "-c", "core.fsmonitor=false"])
        .args(["-c", "core.hooksPath=/dev/null", "-c", "core.logAllRefUpdates=false"])
        .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false", "-C"])
        .arg(directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        // The index is refreshed in memory only.
        .env("GIT_OPTIONAL_LOCKS", "0")
        // Fetching a missing object would run a command that the repository configures.
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    for variable in REPOSITORY_VARIABLES {
        git.env_remove(variable);
    }
    git
}

/// Variables that select another repository, see `git rev-parse --local-env-vars`.
const REPOSITORY_VARIABLES: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
];
