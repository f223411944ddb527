//! IP forwarding of the host, and its policy for packets of other interfaces.

use std::fs;
use std::path::Path;

use super::super::command::HostCommand;
use super::super::error::SetupError;
use super::super::file;

const IP_FORWARD: &str = "/proc/sys/net/ipv4/ip_forward";

pub(super) fn is_enabled() -> bool {
    fs::read_to_string(IP_FORWARD).is_ok_and(|value| value.trim() == "1")
}

/// Enables IPv4 forwarding. If the host did not forward, sets the `FORWARD` policy to `DROP` first,
/// so that it forwards only for ContainAI. Docker does the same if it enables forwarding; with
/// forwarding already enabled it keeps the policy, so the start order of the two engines does not
/// matter.
///
/// IPv6 forwarding stays unchanged.
pub(super) fn enable() -> Result<(), SetupError> {
    if is_enabled() {
        return Ok(());
    }
    set_drop_policy().run()?;
    let path = Path::new(IP_FORWARD);
    fs::write(path, "1\n").map_err(file::file_error(path))
}

fn set_drop_policy() -> HostCommand {
    HostCommand::new("iptables", &["-w", "-t", "filter", "-P", "FORWARD", "DROP"])
}

/// Returns the commands that a dry run shows.
pub(super) fn commands() -> String {
    format!("[ $(cat {IP_FORWARD}) = 1 ] || {{ {}; echo 1 > {IP_FORWARD}; }}", set_drop_policy())
}
