//! How sessions are opened.

use std::str::FromStr as _;
use std::time::Duration;

use super::{Kind, Scope, SettingSpec};
use crate::config::Trust;
use crate::config::error::Cause;
use crate::naming::HostPort;
use crate::remote::{ClientOption, Direction, Forward};

/// The first port that an SSH server may be published on; default 2300.
pub(in crate::config) const PORT_RANGE_START: SettingSpec = SettingSpec {
    key: "ssh.port_range_start",
    scope: Scope::User,
    env: None,
    flag: None,
    trust: Trust::Never,
    kind: Kind::Integer { least: 1024, most: 65535 },
    default: "2300",
    summary: "first port of this machine that containers' SSH servers get",
    check: |text| Ok(HostPort::from_str(text).map(drop)?),
};

/// The last port that an SSH server may be published on; default 2500.
pub(in crate::config) const PORT_RANGE_END: SettingSpec = SettingSpec {
    key: "ssh.port_range_end",
    default: "2500",
    summary: "last port of this machine that containers' SSH servers get",
    ..PORT_RANGE_START
};

/// Whether the user's SSH agent may be used inside; default no.
pub(in crate::config) const FORWARD_AGENT: SettingSpec = SettingSpec {
    kind: Kind::Switch,
    default: "false",
    summary: "whether what runs inside may use your SSH agent",
    check: |text| read_switch(text).map(drop),
    ..of_sessions("ssh.forward_agent")
};

/// Ports and sockets of the host that lead inside; default none.
pub(in crate::config) const LOCAL_FORWARD: SettingSpec = SettingSpec {
    summary: "ports and sockets of this machine that lead inside, as `ssh -L`",
    check: |text| read_local_forward(text).map(drop),
    ..of_sessions("ssh.local_forward")
};

/// Ports and sockets inside that lead to the host; default none.
pub(in crate::config) const REMOTE_FORWARD: SettingSpec = SettingSpec {
    summary: "ports and sockets inside that lead to this machine, as `ssh -R`",
    check: |text| read_remote_forward(text).map(drop),
    ..of_sessions("ssh.remote_forward")
};

/// What else OpenSSH is told about containers; default nothing.
pub(in crate::config) const OPTIONS: SettingSpec = SettingSpec {
    kind: Kind::List("`Keyword value`"),
    summary: "further directives for plain `ssh`",
    check: |text| read_client_option(text).map(drop),
    ..of_sessions("ssh.options")
};

/// A setting that may differ between workspaces, and that no workspace makes
/// for itself: it decides what of the host can be reached from inside.
const fn of_sessions(key: &'static str) -> SettingSpec {
    SettingSpec {
        key,
        scope: Scope::Either(key),
        env: None,
        flag: None,
        trust: Trust::Approved,
        kind: Kind::List("`[bind:]port:host:hostport`, or the path of a socket at either end"),
        default: "",
        summary: "",
        check: |_| Ok(()),
    }
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
pub(in crate::config) const MUX: SettingSpec = SettingSpec {
    key: "ssh.mux",
    flag: Some("--no-mux"),
    kind: Kind::Switch,
    default: "true",
    summary: "whether commands that follow each other share a connection",
    check: |text| read_switch(text).map(drop),
    ..PORT_RANGE_START
};

/// For how many seconds a connection is kept after its last command; default 60.
pub(in crate::config) const MUX_IDLE: SettingSpec = SettingSpec {
    key: "ssh.mux_idle",
    kind: Kind::Integer { least: 1, most: LONGEST_IDLE.cast_signed() },
    default: "60",
    summary: "seconds that a connection is kept after its last command",
    check: |text| read_idle(text).map(drop),
    ..PORT_RANGE_START
};

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
