//! SSH sessions.

use std::str::FromStr as _;
use std::time::Duration;

use super::{SettingKind, SettingScope, SettingSpec, read_bool};
use crate::config::Trust;
use crate::config::error::ValueError;
use crate::naming::HostPort;
use crate::remote::{ClientOption, Direction, Forward};

/// The first port for published SSH servers; default 2300.
pub(in crate::config) const PORT_RANGE_START: SettingSpec = SettingSpec {
    key: "ssh.port_range_start",
    scope: SettingScope::User,
    env: None,
    flag: None,
    trust: Trust::Never,
    kind: SettingKind::Integer { min: 1024, max: 65535 },
    default: "2300",
    summary: "first host port for SSH servers of containers",
    check: |text| Ok(HostPort::from_str(text).map(drop)?),
};

/// The last port for published SSH servers; default 2500.
pub(in crate::config) const PORT_RANGE_END: SettingSpec = SettingSpec {
    key: "ssh.port_range_end",
    default: "2500",
    summary: "last host port for SSH servers of containers",
    ..PORT_RANGE_START
};

/// Whether the user's SSH agent is available in the container; default no.
pub(in crate::config) const FORWARD_AGENT: SettingSpec = SettingSpec {
    kind: SettingKind::Bool,
    default: "false",
    summary: "whether programs in the container may use your SSH agent",
    check: |text| read_bool(text).map(drop),
    ..session_setting("ssh.forward_agent")
};

/// Local forwards: ports and sockets of the host forwarded to the container; default none.
pub(in crate::config) const LOCAL_FORWARD: SettingSpec = SettingSpec {
    summary: "ports and sockets of this machine forwarded to the container, as `ssh -L`",
    check: |text| read_local_forward(text).map(drop),
    ..session_setting("ssh.local_forward")
};

/// Remote forwards: ports and sockets of the container forwarded to the host; default none.
pub(in crate::config) const REMOTE_FORWARD: SettingSpec = SettingSpec {
    summary: "ports and sockets of the container forwarded to this machine, as `ssh -R`",
    check: |text| read_remote_forward(text).map(drop),
    ..session_setting("ssh.remote_forward")
};

/// Additional OpenSSH client options; default none.
pub(in crate::config) const SSH_OPTIONS: SettingSpec = SettingSpec {
    kind: SettingKind::List("`Keyword value`"),
    summary: "additional `ssh_config` directives for plain `ssh`",
    check: |text| read_client_option(text).map(drop),
    ..session_setting("ssh.options")
};

/// Returns the base of a setting that may differ between workspaces and needs approval in a
/// workspace's file, since it decides what the container can reach on the host.
const fn session_setting(key: &'static str) -> SettingSpec {
    SettingSpec {
        key,
        scope: SettingScope::UserOrWorkspace(key),
        env: None,
        flag: None,
        trust: Trust::WhenApproved,
        kind: SettingKind::List("`[bind:]port:host:hostport`, or a socket path at either end"),
        default: "",
        summary: "",
        check: |_| Ok(()),
    }
}

pub(in crate::config) fn read_local_forward(text: &str) -> Result<Forward, ValueError> {
    Ok(Forward::parse(Direction::Local, text)?)
}

pub(in crate::config) fn read_remote_forward(text: &str) -> Result<Forward, ValueError> {
    Ok(Forward::parse(Direction::Remote, text)?)
}

pub(in crate::config) fn read_client_option(text: &str) -> Result<ClientOption, ValueError> {
    Ok(text.parse()?)
}

/// Whether plain `ssh` starts a stopped container; default yes.
pub(in crate::config) const AUTO_START: SettingSpec = SettingSpec {
    key: "ssh.auto_start",
    kind: SettingKind::Bool,
    default: "true",
    summary: "whether plain `ssh` starts a stopped container",
    check: |text| read_bool(text).map(drop),
    ..PORT_RANGE_START
};

/// Whether commands share connections; default yes.
pub(in crate::config) const MUX: SettingSpec = SettingSpec {
    key: "ssh.mux",
    flag: Some("--no-mux"),
    kind: SettingKind::Bool,
    default: "true",
    summary: "whether successive commands share a connection",
    check: |text| read_bool(text).map(drop),
    ..PORT_RANGE_START
};

/// The time in seconds for which an idle shared connection is kept; default 60.
pub(in crate::config) const MUX_IDLE: SettingSpec = SettingSpec {
    key: "ssh.mux_idle",
    kind: SettingKind::Integer { min: 1, max: MAX_IDLE.cast_signed() },
    default: "60",
    summary: "seconds that an idle shared connection is kept",
    check: |text| read_idle(text).map(drop),
    ..PORT_RANGE_START
};

/// The maximum idle time of a connection, in seconds: one day.
const MAX_IDLE: u64 = 24 * 60 * 60;

/// Parses the idle time of a connection, in seconds.
pub(in crate::config) fn read_idle(text: &str) -> Result<Duration, ValueError> {
    match text.parse() {
        Ok(seconds @ 1..=MAX_IDLE) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("expected a number of seconds from 1 to {MAX_IDLE}").into()),
    }
}
