//! The engine's bridge.

use std::fs;
use std::path::PathBuf;

use super::super::command::{HostCommand, HostCommandError};
use super::super::error::SetupError;
use super::super::file;
use super::super::subnet::Subnet;

/// The bridge of one engine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Bridge {
    pub(super) name: String,
    pub(super) subnet: Subnet,
}

impl Bridge {
    /// Returns whether the bridge exists. Reads `/proc/net`, which shows the network namespace of
    /// this process; `/sys` may show another one.
    pub(super) fn exists(&self) -> bool {
        let devices = fs::read_to_string("/proc/net/dev").unwrap_or_default();
        devices.lines().any(|line| line.split(':').next().map(str::trim) == Some(&self.name))
    }

    pub(super) fn bring_up(&self) -> Result<(), SetupError> {
        if self.exists() {
            self.flush_stale_addresses()?;
        } else {
            self.add_command().run()?;
        }
        self.disable_ipv6()?;
        for invocation in self.configure_commands() {
            invocation.run()?;
        }
        self.enable_nf_call_iptables().succeeds();
        Ok(())
    }

    pub(super) fn remove(&self) {
        HostCommand::new("ip", &["link", "delete", &self.name]).succeeds();
    }

    /// Returns the commands that a dry run shows.
    pub(super) fn commands(&self) -> Vec<String> {
        let mut commands = vec![self.add_command().to_string()];
        commands.push(format!("echo 1 > {}", self.disable_ipv6_path().display()));
        commands.extend(self.configure_commands().iter().map(ToString::to_string));
        commands.push(self.enable_nf_call_iptables().to_string());
        commands
    }

    /// Flushes addresses that do not belong to the recorded subnet. The engine assigns containers
    /// addresses of the bridge's first network, and a bridge that outlived its record may have one
    /// that the firewall chains do not cover.
    fn flush_stale_addresses(&self) -> Result<(), HostCommandError> {
        let show = ["-4", "-o", "address", "show", "dev", &self.name];
        let shown = HostCommand::new("ip", &show).run()?;
        if has_other_address(&shown, &self.subnet.gateway_with_prefix()) {
            HostCommand::new("ip", &["address", "flush", "dev", &self.name]).run()?;
        }
        Ok(())
    }

    /// Adds the bridge with a fixed hardware address. Otherwise it takes the address of one of its
    /// ports and changes it as ports come and go, while containers cache the old one.
    fn add_command(&self) -> HostCommand {
        let [a, b, c, d] = self.subnet.gateway().octets();
        let address = format!("02:ca:{a:02x}:{b:02x}:{c:02x}:{d:02x}");
        let args = ["link", "add", &self.name, "address", &address, "type", "bridge"];
        HostCommand::new("ip", &args)
    }

    /// The route acknowledges immediately (ip-route(8), `quickack`): published ports pass through
    /// Docker's proxy, whose delayed acknowledgements would add 40 ms to every SSH connection,
    /// because sshd waits for them.
    fn configure_commands(&self) -> [HostCommand; 3] {
        let bridge = &self.name;
        let address = self.subnet.gateway_with_prefix();
        let (subnet, gateway) = (self.subnet.to_string(), self.subnet.gateway().to_string());
        let route = format!(
            "route replace {subnet} dev {bridge} proto kernel scope link src {gateway} quickack 1"
        );
        [
            HostCommand::new("ip", &["address", "replace", &address, "dev", bridge]),
            HostCommand::new("ip", &["link", "set", bridge, "up"]),
            HostCommand::new("ip", &route.split(' ').collect::<Vec<_>>()),
        ]
    }

    /// Disables IPv6 on the bridge. The engine assigns IPv4 addresses only, but root in a container
    /// can enable IPv6 and would bypass the IPv4 rules to reach the host and the networks that it
    /// routes.
    fn disable_ipv6(&self) -> Result<(), SetupError> {
        let path = self.disable_ipv6_path();
        // A kernel without IPv6 does not have this file.
        if !path.exists() || fs::read_to_string(&path).is_ok_and(|value| value.trim() == "1") {
            return Ok(());
        }
        fs::write(&path, "1\n").map_err(file::file_error(&path))
    }

    fn disable_ipv6_path(&self) -> PathBuf {
        format!("/proc/sys/net/ipv6/conf/{}/disable_ipv6", self.name).into()
    }

    /// Has bridged packets pass the iptables chains if `br_netfilter` is loaded; this covers
    /// containers started by another runtime.
    fn enable_nf_call_iptables(&self) -> HostCommand {
        let args = ["link", "set", &self.name, "type", "bridge", "nf_call_iptables", "1"];
        HostCommand::new("ip", &args)
    }
}

/// Returns whether the output of `ip -4 -o address show` contains an address other than `ours`.
fn has_other_address(shown: &str, ours: &str) -> bool {
    let addresses = shown.lines().filter_map(|line| line.split_once(" inet ")?.1.split(' ').next());
    addresses.into_iter().any(|address| address != ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_stale_addresses() {
        let line = |address: &str| {
            format!("7: cai0    inet {address} scope global cai0\\       valid_lft forever\n")
        };
        assert!(!has_other_address("", "10.213.0.1/24"));
        assert!(!has_other_address(&line("10.213.0.1/24"), "10.213.0.1/24"));
        let both = line("10.213.0.1/24") + &line("10.213.1.1/24");
        assert!(has_other_address(&both, "10.213.1.1/24"));
    }
}
