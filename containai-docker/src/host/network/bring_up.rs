//! Bringing up the engine's network.

use std::fs::File;
use std::path::PathBuf;

use containai_core::layout::EngineLayout;

use super::super::engine_names::EngineNames;
use super::super::error::SetupError;
use super::super::kernel_limits;
use super::super::record::EngineRecord;
use super::super::subnet::Subnet;
use super::bridge::Bridge;
use super::firewall::Firewall;
use super::link::OtherBridges;
use super::{bridge_port, ip_forwarding};

/// State of the bridge and the firewall chains.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NetworkState {
    /// Everything is in place.
    Ready,
    /// Something is missing.
    Missing,
    /// Not root, so the state cannot be inspected.
    Unknown,
}

/// The bridge and the firewall chains of one engine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Network {
    names: EngineNames,
    bridge: Bridge,
    /// Locked while the network is brought up.
    lock: PathBuf,
}

impl Network {
    /// Returns the network of the engine at `layout`, in `subnet`.
    pub fn new(layout: &EngineLayout, subnet: Subnet) -> Self {
        let names = EngineNames::of(layout);
        let bridge = Bridge { name: names.bridge(), subnet };
        Self { names, bridge, lock: layout.record() }
    }

    /// Returns the network in an engine's record.
    ///
    /// # Errors
    ///
    /// [`SetupError::NotSetUp`] without a record, and the errors of [`EngineRecord::read`].
    pub fn from_record(layout: &EngineLayout) -> Result<Self, SetupError> {
        let missing = || SetupError::NotSetUp { path: layout.record() };
        let record = EngineRecord::read(layout)?.ok_or_else(missing)?;
        Ok(Self::new(layout, record.subnet))
    }

    /// Returns whether everything is in place.
    pub fn state(&self) -> NetworkState {
        if !self.bridge.exists() {
            NetworkState::Missing
        } else if !nix::unistd::geteuid().is_root() {
            NetworkState::Unknown
        } else if self.firewall().is_in_place() && ip_forwarding::is_enabled() {
            NetworkState::Ready
        } else {
            NetworkState::Missing
        }
    }

    /// Brings up the bridge and the chains.
    ///
    /// # Errors
    ///
    /// [`SetupError::Command`] if `ip` or `iptables` is missing or fails.
    pub fn bring_up(&self) -> Result<(), SetupError> {
        self.bring_up_with(&OtherBridges::detect(&self.bridge.name))
    }

    /// Restores missing parts and updates the rules for bridges that appeared or disappeared.
    ///
    /// # Errors
    ///
    /// The errors of [`bring_up`](Self::bring_up).
    pub(in super::super) fn repair(&self, seen: &mut OtherBridges) -> Result<(), SetupError> {
        let others = OtherBridges::detect(&self.bridge.name);
        if *seen != others || self.state() == NetworkState::Missing {
            self.bring_up_with(&others)?;
            *seen = others;
        }
        Ok(bridge_port::isolate_all(&self.bridge.name)?)
    }

    fn bring_up_with(&self, others: &OtherBridges) -> Result<(), SetupError> {
        // Setup and the network watcher could insert the same rule at the same time. The lock
        // serves only this purpose and is optional while the record does not exist.
        let lock = File::open(&self.lock).and_then(|file| file.lock().map(|()| file));
        self.bridge.bring_up()?;
        self.firewall().bring_up(others)?;
        bridge_port::isolate_all(&self.bridge.name)?;
        ip_forwarding::enable()?;
        kernel_limits::raise()?;
        drop(lock);
        Ok(())
    }

    /// Removes the bridge and the chains; missing parts are not an error.
    pub fn remove(&self) {
        self.firewall().remove();
        self.bridge.remove();
    }

    /// Returns the commands that a dry run shows.
    pub fn commands(&self) -> Vec<String> {
        let mut commands = self.bridge.commands();
        commands.extend(self.firewall().commands(&OtherBridges::default()));
        commands.push(bridge_port::commands());
        commands.push(ip_forwarding::commands());
        commands.extend(kernel_limits::commands());
        commands
    }

    fn firewall(&self) -> Firewall<'_> {
        Firewall::new(&self.names, &self.bridge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_use_only_own_names() {
        let subnet = "10.213.0.0/24".parse().expect("a network");
        let network = Network::new(&EngineLayout::default(), subnet);
        insta::assert_snapshot!(network.commands().join("\n"), @r##"
        ip link add cai0 address 02:ca:0a:d5:00:01 type bridge
        echo 1 > /proc/sys/net/ipv6/conf/cai0/disable_ipv6
        ip address replace 10.213.0.1/24 dev cai0
        ip link set cai0 up
        ip route replace 10.213.0.0/24 dev cai0 proto kernel scope link src 10.213.0.1 quickack 1
        ip link set cai0 type bridge nf_call_iptables 1
        iptables-restore -w --noflush <<'EOF'
        *mangle
        :CONTAINAI-SOURCE - [0:0]
        :CONTAINAI-ISOLATION - [0:0]
        :CONTAINAI-OUTPUT - [0:0]
        -A CONTAINAI-SOURCE ! -s 10.213.0.0/24 -i cai0 -j DROP
        -A CONTAINAI-ISOLATION -i cai0 -o cai0 -j DROP
        -A CONTAINAI-ISOLATION -o cai0 -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
        -A CONTAINAI-ISOLATION -o cai0 -j DROP
        -A CONTAINAI-ISOLATION ! -i cai0 -j RETURN
        -A CONTAINAI-ISOLATION -m conntrack --ctstate DNAT -j RETURN
        -A CONTAINAI-ISOLATION -o docker+ -j DROP
        -A CONTAINAI-ISOLATION -o br-+ -j DROP
        -A CONTAINAI-ISOLATION -o cai+ -j DROP
        -A CONTAINAI-ISOLATION -o podman+ -j DROP
        -A CONTAINAI-ISOLATION -o cni+ -j DROP
        -A CONTAINAI-ISOLATION -o nerdctl+ -j DROP
        -A CONTAINAI-ISOLATION -o virbr+ -j DROP
        -A CONTAINAI-ISOLATION -o lxcbr+ -j DROP
        -A CONTAINAI-ISOLATION -o lxdbr+ -j DROP
        -A CONTAINAI-ISOLATION -o incusbr+ -j DROP
        -A CONTAINAI-OUTPUT ! -o cai0 -j RETURN
        -A CONTAINAI-OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
        -A CONTAINAI-OUTPUT -m owner --uid-owner 0 -j RETURN
        -A CONTAINAI-OUTPUT -j DROP
        COMMIT
        *filter
        :CONTAINAI-FORWARD - [0:0]
        -A CONTAINAI-FORWARD -o cai0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A CONTAINAI-FORWARD -s 10.213.0.0/24 -i cai0 -j ACCEPT
        COMMIT
        *nat
        :CONTAINAI-NAT - [0:0]
        -A CONTAINAI-NAT -s 10.213.0.0/24 ! -o cai0 -j MASQUERADE
        COMMIT
        EOF
        iptables -w -t mangle -C PREROUTING -j CONTAINAI-SOURCE || iptables -w -t mangle -I PREROUTING -j CONTAINAI-SOURCE
        iptables -w -t mangle -C FORWARD -j CONTAINAI-ISOLATION || iptables -w -t mangle -I FORWARD -j CONTAINAI-ISOLATION
        iptables -w -t mangle -C OUTPUT -j CONTAINAI-OUTPUT || iptables -w -t mangle -I OUTPUT -j CONTAINAI-OUTPUT
        iptables -w -t nat -C POSTROUTING -j CONTAINAI-NAT || iptables -w -t nat -I POSTROUTING -j CONTAINAI-NAT
        iptables -w -t filter -D FORWARD -j CONTAINAI-FORWARD; iptables -w -t filter -A FORWARD -j CONTAINAI-FORWARD
        ip6tables-restore -w --noflush <<'EOF'
        *mangle
        :CONTAINAI-ISOLATION - [0:0]
        -A CONTAINAI-ISOLATION -i cai0 -j DROP
        -A CONTAINAI-ISOLATION -o cai0 -j DROP
        COMMIT
        EOF
        ip6tables -w -t mangle -C FORWARD -j CONTAINAI-ISOLATION || ip6tables -w -t mangle -I FORWARD -j CONTAINAI-ISOLATION
        bridge link set dev PORT isolated on   # every port of the bridge
        [ $(cat /proc/sys/net/ipv4/ip_forward) = 1 ] || { iptables -w -t filter -P FORWARD DROP; echo 1 > /proc/sys/net/ipv4/ip_forward; }
        echo 20000 > /proc/sys/kernel/keys/maxkeys   # unless it is higher
        echo 2000000 > /proc/sys/kernel/keys/maxbytes   # unless it is higher
        echo 1024 > /proc/sys/fs/inotify/max_user_instances   # unless it is higher
        echo 524288 > /proc/sys/fs/inotify/max_user_watches   # unless it is higher
        echo 4194304 > /proc/sys/kernel/pid_max   # unless it is higher
        echo 9223372036854775807 > /proc/sys/fs/file-max   # unless it is higher
        echo 65536 > /proc/sys/kernel/pty/max   # unless it is higher
        "##);
    }
}
