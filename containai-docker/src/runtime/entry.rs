use std::ffi::OsString;
use std::process::ExitCode;

use super::container::ContainerState;
use super::invocation::{Force, Invocation, KillSignal, Verb};
use super::kill::{self, Killed};
use super::{cgroup_hook, create, exec, failure, idmap, ids, pause, port, probe, stdio};

/// The file name of this runtime in the engine's configuration, `containai-runc`.
///
/// A program with several names acts as this runtime if `argv[0]` ends in it.
pub const PROGRAM: &str = "containai-runc";

/// Runs the runtime with the arguments after the program name.
///
/// Normally does not return, because runc replaces the process. The returned code is that of a
/// failure, already reported on stderr and in runc's `--log` file, or of a hook of the runtime.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    let invocation = Invocation::parse(&arguments);
    let outcome = match invocation.verb {
        Verb::Create(ref request) => {
            create::prepare(request, invocation.root).map_err(|error| failure::chain(&error))
        }
        Verb::Start(_) | Verb::Kill(..) | Verb::Delete(..) => match before(&invocation.verb) {
            Ok(Next::Nothing) => return ExitCode::SUCCESS,
            Ok(Next::Runtime) => Ok(()),
            Err(message) => Err(message),
        },
        Verb::Exec(ref id) => ids::owner_of(id)
            .map_or(Ok(()), stdio::hand_over)
            .map_err(|error| format!("cannot change the owner of the command's streams: {error}")),
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
        Verb::Pause(ref request) => {
            return pause::run(exec::find_runc(), &arguments, invocation.log, request);
        }
        Verb::Unprepared | Verb::Other => Ok(()),
    };
    let outcome = outcome.and_then(|()| Err(failure::chain(&exec::become_runc(&arguments))));
    finish(&invocation, outcome)
}

/// The action that remains for a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Execute the underlying runtime.
    Runtime,
    /// Exit successfully.
    Nothing,
}

/// Prepares the commands on an existing container.
pub(super) fn before(verb: &Verb) -> Result<Next, String> {
    match verb {
        Verb::Start(container) => port::pin(container).map_err(|error| failure::chain(&error))?,
        Verb::Kill(container, signal) => {
            let state = ContainerState::read(container);
            match (state, signal) {
                (Some(state), KillSignal::Other) => kill::lift(&state),
                (Some(state), KillSignal::Kill) if kill::kill(&state) == Killed::Ended => {
                    return Ok(Next::Nothing);
                }
                // The underlying runtime tries as well, and reports the failure.
                _ => {}
            }
        }
        Verb::Delete(container, force) => {
            if let Some(state) = ContainerState::read(container) {
                if *force == Force::Yes {
                    kill::kill(&state);
                }
                if state.has_ended() {
                    kill::clear(&state);
                }
            }
        }
        _ => {}
    }
    Ok(Next::Runtime)
}

pub(super) fn finish(invocation: &Invocation, outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            failure::report(invocation.log, &message);
            ExitCode::FAILURE
        }
    }
}
