//! The facts about a host that setup needs, as plain data.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use containai_core::version::Version;

use super::accounts::Accounts;
use super::network::NetworkState;
use super::packages::PackageFacts;
use super::ping::{EngineState, SysboxState};
use super::platform::Platform;
use super::record::EngineRecord;
use super::subnet::Subnet;
use super::subordinate::IdRange;

/// The facts about a host that setup needs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SetupFacts {
    /// The platform.
    pub platform: Platform,
    /// The effective user id of this process.
    pub euid: u32,
    /// Whether systemd is the host's init.
    pub systemd: bool,
    /// Major and minor version of the kernel.
    pub kernel: (u32, u32),
    /// Whether `/dev/fuse` exists.
    pub fuse: bool,
    /// Whether the kernel enforces AppArmor.
    pub apparmor: bool,
    /// Installed and available packages.
    pub packages: PackageFacts,
    /// The installed engine.
    pub dockerd: Option<InstalledProgram>,
    /// Whether Docker's client `docker` is installed.
    pub docker_client: bool,
    /// Whether an engine serves Docker's own socket `/var/run/docker.sock`.
    pub docker_socket: EngineState,
    /// The installed OCI runtime.
    pub runc: Option<InstalledProgram>,
    /// Users, groups and subordinate ids.
    pub accounts: Accounts,
    /// The IPv4 networks in the routing tables, and the addresses of name servers.
    pub networks: Vec<Subnet>,
    /// Name servers for containers where the engine would not find a reachable one; usually empty.
    pub dns: Vec<Ipv4Addr>,
    /// State of Sysbox's services.
    pub sysbox: SysboxState,
    /// The user and group ids of Sysbox's containers; `None` if it has no usable range.
    pub sysbox_ids: Option<(IdRange, IdRange)>,
    /// The record of an earlier setup.
    pub record: Option<EngineRecord>,
    /// The current contents of the engine's configuration.
    pub daemon_json: Option<String>,
    /// The current contents of the engine's unit.
    pub unit: Option<String>,
    /// The current contents of the unit that maintains the network.
    pub network_unit: Option<String>,
    /// Whether systemd starts the engine's unit at boot.
    pub unit_enabled: bool,
    /// Whether the runtime and the supervisor are installed and match the program to install.
    pub program_is_current: bool,
    /// Whether the engine responds.
    pub engine: EngineState,
    /// Whether the bridge and the firewall chains are in place.
    pub network: NetworkState,
    /// Whether the kernel limits are high enough for containers.
    pub limits_raised: bool,
}

/// An installed program.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct InstalledProgram {
    /// Path of the program.
    pub path: PathBuf,
    /// Version that it reports.
    pub version: Version,
}

/// Parses the output of `dockerd --version` or `runc --version`: the version is the first word that
/// starts with a digit.
pub(super) fn parse_version(output: &str) -> Version {
    let word = output
        .split([' ', '\n', ','])
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .unwrap_or_default();
    Version::new(word)
}

/// Parses `/proc/sys/kernel/osrelease`, such as `6.1.0-40-amd64`; returns 0.0 if it is invalid.
pub(super) fn parse_kernel(release: &str) -> (u32, u32) {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// Returns the name servers to configure for containers: none if the engine finds reachable ones
/// itself, in `/etc/resolv.conf` or in the file of systemd-resolved.
pub(super) fn needed_dns(
    resolv_conf: &[Ipv4Addr],
    resolved: &[Ipv4Addr],
    network_manager: &[Ipv4Addr],
) -> Vec<Ipv4Addr> {
    let reachable = |servers: &[Ipv4Addr]| servers.iter().any(|server| !server.is_loopback());
    if resolv_conf.is_empty() || reachable(resolv_conf) || reachable(resolved) {
        return Vec::new();
    }
    network_manager.iter().copied().filter(|server| !server.is_loopback()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        let check = |output: &str, expected: &str| {
            assert_eq!(parse_version(output).to_string(), expected);
        };
        check("Docker version 20.10.24+dfsg1, build 5d6db84\n", "20.10.24+dfsg1");
        check("runc version 1.1.5+ds1\ncommit: 1.1.5\n", "1.1.5+ds1");
        check("invalid", "");
        assert_eq!(parse_kernel("6.18.44-fc-v669\n"), (6, 18));
        assert_eq!(parse_kernel("5.4\n"), (5, 4));
        assert_eq!(parse_kernel(""), (0, 0));
    }

    #[test]
    fn needs_dns_only_without_reachable_server() {
        let local = Ipv4Addr::new(127, 0, 0, 1);
        let far = Ipv4Addr::new(10, 0, 0, 2);
        assert!(needed_dns(&[far], &[], &[]).is_empty());
        assert!(needed_dns(&[local], &[far], &[far]).is_empty());
        assert_eq!(needed_dns(&[local], &[], &[local, far]), [far]);
        assert!(needed_dns(&[], &[], &[far]).is_empty());
    }
}
