use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::create;
use crate::host::{SYSBOX_RUNC, SysboxFiles};
use crate::runtime::entry::{CommandOutcome, prepare_existing, report_outcome};
use crate::runtime::invocation::{RuncCommand, RuncInvocation};
use crate::runtime::{error_report, pause};

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
    Execute {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Such a container would not be prepared.
    #[error("refusing `run` and `restore`: use `create`")]
    RunOrRestore,
}

/// Runs the runtime with the arguments after the program name.
///
/// Normally does not return, because `sysbox-runc` replaces the process.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    let invocation = RuncInvocation::parse(&arguments);
    // The path of the program behind the link. Without /proc nothing works anyway.
    let program = fs::read_link("/proc/self/exe").unwrap_or_default();
    let files = SysboxFiles::for_runtime(&program);
    let prepared = match invocation.command {
        RuncCommand::Create(ref request) => create::prepare(request, &files, &program)
            .map_err(|error| error_report::error_chain(&error)),
        RuncCommand::Pause(ref request) => {
            return pause::run(files.runtime(), &arguments, invocation.log, request);
        }
        RuncCommand::RunOrRestore => Err(error_report::error_chain(&SysboxExecError::RunOrRestore)),
        RuncCommand::Start(_) | RuncCommand::Kill(..) | RuncCommand::Delete(..) => {
            match prepare_existing(&invocation.command) {
                Ok(CommandOutcome::Done) => return ExitCode::SUCCESS,
                Ok(CommandOutcome::ExecRuntime) => Ok(()),
                Err(message) => Err(message),
            }
        }
        // Sysbox changes the owner of the streams itself; the hooks are called under the other name
        // only.
        RuncCommand::Exec(_)
        | RuncCommand::CgroupHook
        | RuncCommand::Probe
        | RuncCommand::UserNamespaceHolder(_)
        | RuncCommand::TmpfsMounter(_)
        | RuncCommand::Other => Ok(()),
    };
    let outcome = prepared.and_then(|()| {
        Err(error_report::error_chain(&exec_sysbox_runc(files.runtime(), &arguments)))
    });
    report_outcome(&invocation, outcome)
}

/// Replaces this process with `sysbox-runc`; returns only on failure.
fn exec_sysbox_runc(runtime: Option<PathBuf>, arguments: &[OsString]) -> SysboxExecError {
    let Some(path) = runtime else { return SysboxExecError::Missing };
    let source = Command::new(&path).arg0(SYSBOX_RUNC).args(arguments).exec();
    match source.kind() {
        io::ErrorKind::NotFound if !Path::exists(&path) => SysboxExecError::Missing,
        _ => SysboxExecError::Execute { path, source },
    }
}
