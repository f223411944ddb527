//! The command line of `containai-engine`.

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;

use containai_core::layout::EngineLayout;

use super::super::error::SetupError;
use super::super::network::Network;
use super::network_watch::watch_network;
use super::{engine, halt, shut_down, start, stop_engine, watch};

const USAGE: &str = "usage: containai-engine network|network-down|network-watch|engine|supervise|start|restart|shutdown|stop ROOT";

/// The exit status of a supervisor that found another one at work.
pub(super) const ALREADY_SUPERVISED: u8 = 3;

/// Runs `containai-engine`; `args` are the arguments after the program's name:
/// a verb and the root of the engine's layout, `/` in normal use.
///
/// | verb | |
/// |---|---|
/// | `network` | puts bridge and firewall chains in place |
/// | `network-down` | takes them away |
/// | `network-watch` | keeps them in place until it is ended |
/// | `engine` | becomes the engine |
/// | `supervise` | detaches and keeps the engine running |
/// | `start` | starts a supervisor and waits until the engine answers |
/// | `restart` | does `start` after ending the engine; containers keep running |
/// | `shutdown` | stops containers of Sysbox when the machine goes down |
/// | `stop` | stops containers, engine and network |
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<_> = args.into_iter().collect();
    let [verb, root] = args.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let layout = EngineLayout::at(root);
    let result = match verb.to_str() {
        Some("network") => Network::recorded(&layout).and_then(|network| network.raise()),
        Some("network-down") => Network::recorded(&layout).map(|network| network.remove()),
        Some("network-watch") => watch_network(&layout),
        Some("engine") => engine::become_engine(&layout),
        Some("supervise") => return supervise(&layout),
        Some("start") => start(&layout),
        Some("restart") => halt(&layout).and_then(|()| start(&layout)),
        Some("shutdown") => shut_down(&layout),
        Some("stop") => stop_engine(&layout),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    result.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}

fn supervise(layout: &EngineLayout) -> ExitCode {
    match watch::supervise(layout) {
        Ok(watch::Ended::Asked) => ExitCode::SUCCESS,
        Ok(watch::Ended::AlreadySupervised) => ExitCode::from(ALREADY_SUPERVISED),
        Err(error) => failed(&error),
    }
}

/// Under systemd this goes to the journal, else to the engine's log.
fn failed(error: &SetupError) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    eprintln!("containai-engine: {text}");
    ExitCode::FAILURE
}
