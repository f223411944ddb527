//! Whether the host forwards packets, and what it does with those of others.

use std::fs;
use std::path::Path;

use super::super::command::Invocation;
use super::super::error::SetupError;
use super::super::file;

const IP_FORWARD: &str = "/proc/sys/net/ipv4/ip_forward";

pub(super) fn is_allowed() -> bool {
    fs::read_to_string(IP_FORWARD).is_ok_and(|value| value.trim() == "1")
}

/// Has the host forward packets. A host that did not forward goes on doing so
/// for nobody but us: the policy is set first, as Docker does where it is the
/// one who allows forwarding. Docker then finds forwarding allowed and leaves
/// the policy alone, so that the order of both starts makes no difference.
///
/// Forwarding of IPv6 is left as it is.
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

/// What a dry run shows.
pub(super) fn commands() -> String {
    format!("[ $(cat {IP_FORWARD}) = 1 ] || {{ {}; echo 1 > {IP_FORWARD}; }}", refuse_others())
}
