//! How sessions are opened.

use super::SettingSpec;
use crate::config::Trust;
use crate::config::error::Cause;

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
pub(in crate::config) const FORWARD_AGENT: SettingSpec =
    SettingSpec { key: "ssh.forward_agent", ..PORT_RANGE_START };

/// Reads `true` and `false`, and what people write for them.
pub(in crate::config) fn read_switch(text: &str) -> Result<bool, Cause> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err("it takes `true` or `false`".into()),
    }
}
