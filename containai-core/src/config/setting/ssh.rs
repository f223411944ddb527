//! How sessions are opened.

use std::time::Duration;

use super::SettingSpec;
use crate::config::Trust;
use crate::config::error::Cause;
use crate::remote::{ClientOption, Direction, Forward};

/// The first port that an SSH server may be published on; default 2300.
pub(in crate::config) const PORT_RANGE_START: SettingSpec = SettingSpec {
    key: "ssh.port_range_start",
    section_key: None,
    env: None,
    flag: None,
    trust: Trust::ReachesHost,
};

/// The last port that an SSH server may be published on; default 2500.
pub(in crate::config) const PORT_RANGE_END: SettingSpec =
    SettingSpec { key: "ssh.port_range_end", ..PORT_RANGE_START };

/// Whether the user's SSH agent may be used inside; default no.
pub(in crate::config) const FORWARD_AGENT: SettingSpec = of_sessions("ssh.forward_agent");

/// Ports and sockets of the host that lead inside; default none.
pub(in crate::config) const LOCAL_FORWARD: SettingSpec = of_sessions("ssh.local_forward");

/// Ports and sockets inside that lead to the host; default none.
pub(in crate::config) const REMOTE_FORWARD: SettingSpec = of_sessions("ssh.remote_forward");

/// What else OpenSSH is told about containers; default nothing.
pub(in crate::config) const OPTIONS: SettingSpec = of_sessions("ssh.options");

/// A setting that may differ between workspaces, and that no workspace makes
/// for itself: it decides what of the host can be reached from inside.
const fn of_sessions(key: &'static str) -> SettingSpec {
    SettingSpec { key, section_key: Some(key), env: None, flag: None, trust: Trust::ReachesHost }
}

pub(in crate::config) fn read_local_forward(text: &str) -> Result<Forward, Cause> {
    Ok(Forward::parse(Direction::Local, text)?)
}

pub(in crate::config) fn read_remote_forward(text: &str) -> Result<Forward, Cause> {
    Ok(Forward::parse(Direction::Remote, text)?)
}

pub(in crate::config) fn read_client_option(text: &str) -> Result<ClientOption, Cause> {
    Ok(text.parse()?)
}

/// Whether commands share connections; default yes.
pub(in crate::config) const MUX: SettingSpec =
    SettingSpec { key: "ssh.mux", flag: Some("--no-mux"), ..PORT_RANGE_START };

/// For how many seconds a connection is kept after its last command; default 60.
pub(in crate::config) const MUX_IDLE: SettingSpec =
    SettingSpec { key: "ssh.mux_idle", ..PORT_RANGE_START };

/// The longest that a connection may be kept, in seconds: a day.
const LONGEST_IDLE: u64 = 24 * 60 * 60;

/// Reads a number of seconds that a connection may be kept.
pub(in crate::config) fn read_idle(text: &str) -> Result<Duration, Cause> {
    match text.parse() {
        Ok(seconds @ 1..=LONGEST_IDLE) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("it takes seconds, from 1 to {LONGEST_IDLE}").into()),
    }
}

/// Reads `true` and `false`, and what people write for them.
pub(in crate::config) fn read_switch(text: &str) -> Result<bool, Cause> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err("it takes `true` or `false`".into()),
    }
}
