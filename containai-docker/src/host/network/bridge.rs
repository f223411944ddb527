//! The bridge itself.

use std::fs;
use std::path::PathBuf;

use super::super::command::{CommandError, Invocation};
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
    /// `/proc/net` is about the network namespace of this process; `/sys` may
    /// be about another one.
    pub(super) fn exists(&self) -> bool {
        let devices = fs::read_to_string("/proc/net/dev").unwrap_or_default();
        devices.lines().any(|line| line.split(':').next().map(str::trim) == Some(&self.name))
    }

    pub(super) fn raise(&self) -> Result<(), SetupError> {
        if self.exists() {
            self.drop_stale_addresses()?;
        } else {
            self.add().run()?;
        }
        self.disable_ipv6()?;
        for invocation in self.configure() {
            invocation.run()?;
        }
        self.show_to_iptables().succeeds();
        Ok(())
    }

    pub(super) fn remove(&self) {
        Invocation::new("ip", &["link", "delete", &self.name]).succeeds();
    }

    /// What a dry run shows.
    pub(super) fn commands(&self) -> Vec<String> {
        let mut commands = vec![self.add().to_string()];
        commands.push(format!("echo 1 > {}", self.ipv6_switch().display()));
        commands.extend(self.configure().iter().map(ToString::to_string));
        commands.push(self.show_to_iptables().to_string());
        commands
    }

    /// The engine gives containers addresses of the bridge's first network. A
    /// bridge that outlived its record may have one that our chains do not know.
    fn drop_stale_addresses(&self) -> Result<(), CommandError> {
        let show = ["-4", "-o", "address", "show", "dev", &self.name];
        let shown = Invocation::new("ip", &show).run()?;
        if has_other_address(&shown, &self.subnet.gateway_with_prefix()) {
            Invocation::new("ip", &["address", "flush", "dev", &self.name]).run()?;
        }
        Ok(())
    }

    /// A bridge without a hardware address of its own takes one of its ports',
    /// and another one whenever ports come and go, while containers remember
    /// the old one.
    fn add(&self) -> Invocation {
        let [a, b, c, d] = self.subnet.gateway().octets();
        let address = format!("02:ca:{a:02x}:{b:02x}:{c:02x}:{d:02x}");
        let args = ["link", "add", &self.name, "address", &address, "type", "bridge"];
        Invocation::new("ip", &args)
    }

    /// The route acknowledges at once (ip-route(8), `quickack`): published
    /// ports lead through Docker's proxy, whose delayed acknowledgements cost
    /// every SSH connection 40 ms, because sshd waits for them.
    fn configure(&self) -> [Invocation; 3] {
        let bridge = &self.name;
        let address = self.subnet.gateway_with_prefix();
        let (subnet, gateway) = (self.subnet.to_string(), self.subnet.gateway().to_string());
        let route = format!(
            "route replace {subnet} dev {bridge} proto kernel scope link src {gateway} quickack 1"
        );
        [
            Invocation::new("ip", &["address", "replace", &address, "dev", bridge]),
            Invocation::new("ip", &["link", "set", bridge, "up"]),
            Invocation::new("ip", &route.split(' ').collect::<Vec<_>>()),
        ]
    }

    /// The engine gives containers IPv4 addresses only. The root of a container
    /// can switch IPv6 on inside, and would then reach the host, and through a
    /// host that routes IPv6 its network, past the rules for IPv4.
    fn disable_ipv6(&self) -> Result<(), SetupError> {
        let path = self.ipv6_switch();
        // A kernel without IPv6 has no such file.
        if !path.exists() || fs::read_to_string(&path).is_ok_and(|value| value.trim() == "1") {
            return Ok(());
        }
        fs::write(&path, "1\n").map_err(file::failed(&path))
    }

    fn ipv6_switch(&self) -> PathBuf {
        format!("/proc/sys/net/ipv6/conf/{}/disable_ipv6", self.name).into()
    }

    /// Bridged packets pass the chains of iptables where `br_netfilter` is
    /// loaded; that covers containers which another runtime than ours started.
    fn show_to_iptables(&self) -> Invocation {
        let args = ["link", "set", &self.name, "type", "bridge", "nf_call_iptables", "1"];
        Invocation::new("ip", &args)
    }
}

/// Whether the output of `ip -4 -o address show` names another address.
fn has_other_address(shown: &str, ours: &str) -> bool {
    let addresses = shown.lines().filter_map(|line| line.split_once(" inet ")?.1.split(' ').next());
    addresses.into_iter().any(|address| address != ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_addresses_are_noticed() {
        let line = |address: &str| {
            format!("7: cai0    inet {address} scope global cai0\\       valid_lft forever\n")
        };
        assert!(!has_other_address("", "10.213.0.1/24"));
        assert!(!has_other_address(&line("10.213.0.1/24"), "10.213.0.1/24"));
        let both = line("10.213.0.1/24") + &line("10.213.1.1/24");
        assert!(has_other_address(&both, "10.213.1.1/24"));
    }
}
