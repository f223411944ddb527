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

/// The file name under which the engine knows this runtime, `containai-sysbox-runc`.
///
/// A program that serves several names becomes this runtime when `argv[0]` ends in it.
pub const PROGRAM: &str = "containai-sysbox-runc";

/// Sysbox's runtime could not take over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
enum SysboxExecError {
    /// The package is not installed any more.
    #[error("cannot find `sysbox-runc`: Sysbox is not installed")]
    Missing,
    /// The file is there and cannot be executed.
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
/// Does not return when `sysbox-runc` takes over, which is the ordinary case.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    let invocation = Invocation::parse(&arguments);
    // Where the link to the program stands; without /proc nothing works anyway.
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
        // Sysbox hands these over itself; ours are called under the other name only.
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

/// Replaces this process by `sysbox-runc`; returns only when that failed.
fn become_sysbox(runtime: Option<PathBuf>, arguments: &[OsString]) -> SysboxExecError {
    let Some(path) = runtime else { return SysboxExecError::Missing };
    let source = Command::new(&path).arg0(BARE_RUNTIME).args(arguments).exec();
    match source.kind() {
        io::ErrorKind::NotFound if !Path::exists(&path) => SysboxExecError::Missing,
        _ => SysboxExecError::Refused { path, source },
    }
}
