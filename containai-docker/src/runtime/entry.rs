use std::ffi::OsString;
use std::process::ExitCode;

use super::container::{ContainerRef, ContainerState};
use super::invocation::{ForceDelete, KillSignal, RuncCommand, RuncInvocation};
use super::kill::{self, KillOutcome};
use super::{
    bridge_port, cgroup_hook, create, error_report, exec, idmap, ids, mount_namespace, pause,
    probe, stdio, tmpfs,
};

/// Runs the runtime with the arguments after the program name.
///
/// Normally does not return, because runc replaces the process. The returned code is that of a
/// failure, already reported on stderr and in runc's `--log` file, or of a hook of the runtime.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    let invocation = RuncInvocation::parse(&arguments);
    let outcome = match invocation.command {
        RuncCommand::Create(ref request) => create::prepare(request, invocation.root)
            .map_err(|error| error_report::error_chain(&error)),
        RuncCommand::Start(ref container) => {
            prepare_existing(&invocation.command).and_then(|_| share_mounts(container))
        }
        RuncCommand::Kill(..) | RuncCommand::Delete(..) => {
            match prepare_existing(&invocation.command) {
                Ok(CommandOutcome::Done) => return ExitCode::SUCCESS,
                Ok(CommandOutcome::ExecRuntime) => Ok(()),
                Err(message) => Err(message),
            }
        }
        RuncCommand::Exec(ref id) => ids::stream_owner(id)
            .map_or(Ok(()), stdio::chown_streams)
            .map_err(|error| format!("cannot change the owner of the command's streams: {error}")),
        RuncCommand::CgroupHook => {
            return report_outcome(
                &invocation,
                cgroup_hook::run().map_err(|error| error_report::error_chain(&error)),
            );
        }
        RuncCommand::Probe => {
            let found =
                std::fs::read_link("/proc/self/exe").map_err(|error| error.to_string()).and_then(
                    |path| probe::run(&path).map_err(|error| error_report::error_chain(&error)),
                );
            return report_outcome(&invocation, found);
        }
        RuncCommand::UserNamespaceHolder(ref words) => {
            let held =
                idmap::hold_namespace(words).map_err(|error| error_report::error_chain(&error));
            return report_outcome(&invocation, held);
        }
        RuncCommand::TmpfsMounter(ref options) => {
            let mounted =
                tmpfs::mount_all(options).map_err(|error| error_report::error_chain(&error));
            return report_outcome(&invocation, mounted);
        }
        RuncCommand::Pause(ref request) => {
            return pause::run(exec::find_runc(), &arguments, invocation.log, request);
        }
        RuncCommand::RunOrRestore | RuncCommand::Other => Ok(()),
    };
    let outcome =
        outcome.and_then(|()| Err(error_report::error_chain(&exec::exec_runc(&arguments))));
    report_outcome(&invocation, outcome)
}

fn share_mounts(container: &ContainerRef) -> Result<(), String> {
    mount_namespace::share_mounts(container)
        .map_err(|error| format!("cannot share the container's mounts: {error}"))
}

/// The action that remains for a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CommandOutcome {
    /// Execute the underlying runtime.
    ExecRuntime,
    /// Exit successfully.
    Done,
}

/// Prepares the commands on an existing container.
pub(super) fn prepare_existing(verb: &RuncCommand) -> Result<CommandOutcome, String> {
    match verb {
        RuncCommand::Start(container) => {
            bridge_port::pin(container).map_err(|error| error_report::error_chain(&error))?;
        }
        RuncCommand::Kill(container, signal) => {
            let state = ContainerState::read(container);
            match (state, signal) {
                (Some(state), KillSignal::Other) => kill::lift_limits(&state),
                (Some(state), KillSignal::Kill) if kill::kill(&state) == KillOutcome::Exited => {
                    return Ok(CommandOutcome::Done);
                }
                // The underlying runtime tries as well, and reports the failure.
                _ => {}
            }
        }
        RuncCommand::Delete(container, force) => {
            if let Some(state) = ContainerState::read(container) {
                if *force == ForceDelete::Yes {
                    kill::kill(&state);
                }
                if state.has_exited() {
                    kill::clean_up(&state);
                }
            }
        }
        _ => {}
    }
    Ok(CommandOutcome::ExecRuntime)
}

pub(super) fn report_outcome(invocation: &RuncInvocation, outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            error_report::report(invocation.log, &message);
            ExitCode::FAILURE
        }
    }
}
