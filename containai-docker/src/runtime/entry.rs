use std::ffi::OsString;
use std::process::ExitCode;

use super::invocation::{Invocation, Verb};
use super::{cgroup_hook, create, exec, failure, idmap, ids, probe, stdio};

/// The file name under which the engine knows this runtime, `containai-runc`.
///
/// A program that serves several names becomes this runtime when `argv[0]` ends in it.
pub const PROGRAM: &str = "containai-runc";

/// Runs the runtime with the arguments after the program name.
///
/// Does not return when runc takes over, which is the ordinary case. A returned code is that of a
/// failure, already told on stderr and in runc's `--log` file, or of one of the runtime's own
/// hooks.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    let invocation = Invocation::parse(&arguments);
    let outcome = match invocation.verb {
        Verb::Create(ref request) => {
            create::prepare(request, invocation.root).map_err(|error| failure::chain(&error))
        }
        Verb::Exec(ref id) => ids::owner_of(id)
            .map_or(Ok(()), stdio::hand_over)
            .map_err(|error| format!("cannot hand the command's streams over: {error}")),
        Verb::CgroupHook => {
            return finish(&invocation, cgroup_hook::run().map_err(|error| failure::chain(&error)));
        }
        Verb::Probe => {
            let found = std::fs::read_link("/proc/self/exe")
                .map_err(|error| error.to_string())
                .and_then(|path| probe::run(&path).map_err(|error| failure::chain(&error)));
            return finish(&invocation, found);
        }
        Verb::UserNamespaceHolder(ref words) => {
            let held = idmap::hold_namespace(words).map_err(|error| failure::chain(&error));
            return finish(&invocation, held);
        }
        Verb::Other => Ok(()),
    };
    let outcome = outcome.and_then(|()| Err(failure::chain(&exec::become_runc(&arguments))));
    finish(&invocation, outcome)
}

fn finish(invocation: &Invocation, outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            failure::report(invocation.log, &message);
            ExitCode::FAILURE
        }
    }
}
