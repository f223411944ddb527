use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// Paths of runc. A fixed list and not `PATH`: the engine runs as root, and the program it runs
/// must not depend on the environment it was started from.
const RUNC_PATHS: [&str; 4] =
    ["/usr/bin/runc", "/usr/sbin/runc", "/usr/local/sbin/runc", "/usr/local/bin/runc"];

/// An error from executing runc.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum ExecError {
    /// The package that contains runc is not installed.
    #[error("cannot find `runc` in `/usr/bin`, `/usr/sbin`, `/usr/local/sbin` or `/usr/local/bin`")]
    Missing,
    /// The file exists and cannot be executed.
    #[error("cannot execute `{path}`")]
    Execute {
        path: &'static str,
        #[source]
        source: io::Error,
    },
}

/// Returns the path of runc.
pub(super) fn find_runc() -> Option<PathBuf> {
    RUNC_PATHS.iter().map(PathBuf::from).find(|path| path.exists())
}

/// Replaces this process with runc, with the same arguments, environment, working directory and
/// open descriptors.
///
/// Returns only on failure.
pub(super) fn exec_runc(arguments: &[OsString]) -> ExecError {
    for path in RUNC_PATHS {
        let source = Command::new(path).arg0("runc").args(arguments).exec();
        if source.kind() != io::ErrorKind::NotFound {
            return ExecError::Execute { path, source };
        }
    }
    ExecError::Missing
}
