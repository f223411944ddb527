use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::create;
use crate::runtime::entry::{Next, before, finish};
use crate::runtime::invocation::{Invocation, Verb};
use crate::runtime::{failure, pause};
use crate::sysbox::{BARE_RUNTIME, SysboxFiles};

/// The file name of this runtime in the engine's configuration, `containai-sysbox-runc`.
///
/// A program with several names acts as this runtime if `argv[0]` ends in it.
pub const PROGRAM: &str = "containai-sysbox-runc";

/// An error from executing Sysbox's runtime.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
enum SysboxExecError {
    /// The package is not installed any more.
    #[error("cannot find `sysbox-runc`: Sysbox is not installed")]
    Missing,
    /// The file exists and cannot be executed.
    #[error("cannot execute `{path}`")]
    Refused {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Such a container would not be prepared.
    #[error("refusing `run` and `restore`: use `create`")]
    Unprepared,
}

/// Runs the runtime with the arguments after the program name.
///
/// Normally does not return, because `sysbox-runc` replaces the process.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    let invocation = Invocation::parse(&arguments);
    // The path of the program behind the link. Without /proc nothing works anyway.
    let program = fs::read_link("/proc/self/exe").unwrap_or_default();
    let files = SysboxFiles::beside(&program);
    let prepared = match invocation.verb {
        Verb::Create(ref request) => {
            create::prepare(request, &files, &program).map_err(|error| failure::chain(&error))
        }
        Verb::Pause(ref request) => {
            return pause::run(files.runtime(), &arguments, invocation.log, request);
        }
        Verb::Unprepared => Err(failure::chain(&SysboxExecError::Unprepared)),
        Verb::Start(_) | Verb::Kill(..) | Verb::Delete(..) => match before(&invocation.verb) {
            Ok(Next::Nothing) => return ExitCode::SUCCESS,
            Ok(Next::Runtime) => Ok(()),
            Err(message) => Err(message),
        },
        // Sysbox changes the owner of the streams itself; the hooks are called under the other name
        // only.
        Verb::Exec(_)
        | Verb::CgroupHook
        | Verb::Probe
        | Verb::UserNamespaceHolder(_)
        | Verb::Other => Ok(()),
    };
    let outcome =
        prepared.and_then(|()| Err(failure::chain(&become_sysbox(files.runtime(), &arguments))));
    finish(&invocation, outcome)
}

/// Replaces this process with `sysbox-runc`; returns only on failure.
fn become_sysbox(runtime: Option<PathBuf>, arguments: &[OsString]) -> SysboxExecError {
    let Some(path) = runtime else { return SysboxExecError::Missing };
    let source = Command::new(&path).arg0(BARE_RUNTIME).args(arguments).exec();
    match source.kind() {
        io::ErrorKind::NotFound if !Path::exists(&path) => SysboxExecError::Missing,
        _ => SysboxExecError::Refused { path, source },
    }
}
