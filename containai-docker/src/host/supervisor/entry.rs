//! The command line of `containai-engine`.

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;

use containai_core::layout::EngineLayout;

use super::super::error::SetupError;
use super::super::network::Network;
use super::network_watch::watch_network;
use super::run::ALREADY_SUPERVISED;
use super::{engine, prepare_shutdown, run, start, stop_daemon, tear_down};

const USAGE: &str = "usage: containai-engine network|network-down|network-watch|engine|supervise|start|restart|shutdown|stop ROOT";

/// Runs `containai-engine`. `args` are the arguments after the program's name: a command and the
/// root of the engine's layout, normally `/`.
///
/// | command | action |
/// |---|---|
/// | `network` | brings up the bridge and the firewall chains |
/// | `network-down` | removes them |
/// | `network-watch` | maintains them until it is terminated |
/// | `engine` | replaces itself with the engine |
/// | `supervise` | detaches and keeps the engine running |
/// | `start` | starts a supervisor and waits until the engine responds |
/// | `restart` | stops the engine, then does `start`; containers keep running |
/// | `shutdown` | makes the engine stop its containers when it stops, if the machine is shutting down |
/// | `stop` | stops the containers and the engine, and removes the network |
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<_> = args.into_iter().collect();
    let [verb, root] = args.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let layout = EngineLayout::at(root);
    let result = match verb.to_str() {
        Some("network") => Network::from_record(&layout).and_then(|network| network.bring_up()),
        Some("network-down") => Network::from_record(&layout).map(|network| network.remove()),
        Some("network-watch") => watch_network(&layout),
        Some("engine") => engine::exec_engine(&layout),
        Some("supervise") => return supervise(&layout),
        Some("start") => start(&layout),
        Some("restart") => stop_daemon(&layout).and_then(|()| start(&layout)),
        Some("shutdown") => prepare_shutdown(&layout),
        Some("stop") => tear_down(&layout),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    result.map_or_else(|error| print_error(&error), |()| ExitCode::SUCCESS)
}

fn supervise(layout: &EngineLayout) -> ExitCode {
    match run::supervise(layout) {
        Ok(run::SupervisorExit::Signalled) => ExitCode::SUCCESS,
        Ok(run::SupervisorExit::AlreadySupervised) => ExitCode::from(ALREADY_SUPERVISED),
        Err(error) => print_error(&error),
    }
}

/// Prints the error with its causes; stderr goes to the journal under systemd, otherwise to the
/// engine's log.
fn print_error(error: &SetupError) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    eprintln!("containai-engine: {text}");
    ExitCode::FAILURE
}
