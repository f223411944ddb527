//! IP forwarding of the host, and its policy for packets of other interfaces.

use std::fs;
use std::path::Path;

use super::super::command::Invocation;
use super::super::error::SetupError;
use super::super::file;

const IP_FORWARD: &str = "/proc/sys/net/ipv4/ip_forward";

pub(super) fn is_allowed() -> bool {
    fs::read_to_string(IP_FORWARD).is_ok_and(|value| value.trim() == "1")
}

/// Enables IPv4 forwarding. If the host did not forward, sets the `FORWARD` policy to `DROP` first,
/// so that it forwards only for ContainAI. Docker does the same if it enables forwarding; with
/// forwarding already enabled it keeps the policy, so the start order of the two engines does not
/// matter.
///
/// IPv6 forwarding stays unchanged.
pub(super) fn allow() -> Result<(), SetupError> {
    if is_allowed() {
        return Ok(());
    }
    refuse_others().run()?;
    let path = Path::new(IP_FORWARD);
    fs::write(path, "1\n").map_err(file::failed(path))
}

fn refuse_others() -> Invocation {
    Invocation::new("iptables", &["-w", "-t", "filter", "-P", "FORWARD", "DROP"])
}

/// Returns the commands that a dry run shows.
pub(super) fn commands() -> String {
    format!("[ $(cat {IP_FORWARD}) = 1 ] || {{ {}; echo 1 > {IP_FORWARD}; }}", refuse_others())
}
