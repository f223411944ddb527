//! The engine's bridge and its firewall chains.
//!
//! Everything is of our own name: one bridge, one chain in the filter table
//! that `FORWARD` jumps to first, and one in the nat table that `POSTROUTING`
//! jumps to. Nobody else's chain is read, flushed or deleted, and `INPUT` is
//! left to the host. Putting the network in place twice changes nothing.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use containai_core::layout::EngineLayout;

use super::command::{CommandError, Invocation};
use super::error::SetupError;
use super::file;
use super::kernel_limits;
use super::names::EngineNames;
use super::record::EngineRecord;
use super::subnet::Subnet;

/// Whether bridge and firewall chains are in place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NetworkState {
    /// All is in place.
    Ready,
    /// Something is missing.
    Missing,
    /// Only root may look.
    Unknown,
}

/// The bridge and the chains of one engine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Network {
    names: EngineNames,
    subnet: Subnet,
}

impl Network {
    /// The network of the engine at `layout`, in `subnet`.
    pub fn new(layout: &EngineLayout, subnet: Subnet) -> Self {
        Self { names: EngineNames::of(layout), subnet }
    }

    /// The network that an engine's record asks for.
    ///
    /// # Errors
    ///
    /// [`SetupError::NotSetUp`] without a record, and those of
    /// [`EngineRecord::read`].
    pub fn recorded(layout: &EngineLayout) -> Result<Self, SetupError> {
        let missing = || SetupError::NotSetUp { path: layout.record() };
        let record = EngineRecord::read(layout)?.ok_or_else(missing)?;
        Ok(Self::new(layout, record.subnet))
    }

    /// Looks whether all is in place.
    pub fn state(&self) -> NetworkState {
        let jumps = || self.jumps().iter().all(|jump| jump.invocation("-C").succeeds());
        if !self.bridge_exists() {
            NetworkState::Missing
        } else if !nix::unistd::geteuid().is_root() {
            NetworkState::Unknown
        } else if jumps() {
            NetworkState::Ready
        } else {
            NetworkState::Missing
        }
    }

    /// Puts bridge and chains in place.
    ///
    /// # Errors
    ///
    /// [`SetupError::Command`] when `ip` or `iptables` is missing or refuses.
    pub fn raise(&self) -> Result<(), SetupError> {
        if self.bridge_exists() {
            self.drop_stale_addresses()?;
        } else {
            self.add_bridge().run()?;
        }
        for invocation in self.configure_bridge() {
            invocation.run()?;
        }
        restore(&self.rules())?;
        for jump in self.jumps() {
            if !jump.invocation("-C").succeeds() {
                jump.invocation("-I").run()?;
            }
        }
        self.separate_ports();
        allow_forwarding()?;
        kernel_limits::raise()
    }

    /// Takes bridge and chains away; what is missing already is no error.
    pub fn remove(&self) {
        for jump in self.jumps() {
            while jump.invocation("-D").succeeds() {}
            jump.chain_command("-F").succeeds();
            jump.chain_command("-X").succeeds();
        }
        self.port_rule("-D").succeeds();
        Invocation::new("ip", &["link", "delete", &self.names.bridge()]).succeeds();
    }

    /// What a dry run shows.
    pub fn commands(&self) -> Vec<String> {
        let mut commands = vec![self.add_bridge().to_string()];
        commands.extend(self.configure_bridge().iter().map(ToString::to_string));
        let rules = self.rules();
        commands.push(format!("{} <<'EOF'\n{rules}EOF", restore_invocation()));
        let insert =
            |jump: &Jump| format!("{} || {}", jump.invocation("-C"), jump.invocation("-I"));
        commands.extend(self.jumps().iter().map(insert));
        commands.push(self.show_to_iptables().to_string());
        commands.push(format!("{}; {}", self.port_rule("-D"), self.port_rule("-A")));
        commands.push(format!("echo 1 > {IP_FORWARD}"));
        commands.extend(kernel_limits::commands());
        commands
    }

    /// `/proc/net` is about the network namespace of this process; `/sys` may
    /// be about another one.
    fn bridge_exists(&self) -> bool {
        let bridge = self.names.bridge();
        let devices = fs::read_to_string("/proc/net/dev").unwrap_or_default();
        devices.lines().any(|line| line.split(':').next().map(str::trim) == Some(&bridge))
    }

    /// The engine gives containers addresses of the bridge's first network. A
    /// bridge that outlived its record may have one that our chains do not know.
    fn drop_stale_addresses(&self) -> Result<(), CommandError> {
        let bridge = self.names.bridge();
        let show = ["-4", "-o", "address", "show", "dev", &bridge];
        let shown = Invocation::new("ip", &show).run()?;
        if has_other_address(&shown, &self.subnet.gateway_with_prefix()) {
            Invocation::new("ip", &["address", "flush", "dev", &bridge]).run()?;
        }
        Ok(())
    }

    fn add_bridge(&self) -> Invocation {
        Invocation::new("ip", &["link", "add", &self.names.bridge(), "type", "bridge"])
    }

    /// The route acknowledges at once (ip-route(8), `quickack`): published
    /// ports lead through Docker's proxy, whose delayed acknowledgements cost
    /// every SSH connection 40 ms, because sshd waits for them.
    fn configure_bridge(&self) -> [Invocation; 3] {
        let bridge = self.names.bridge();
        let address = self.subnet.gateway_with_prefix();
        let (subnet, gateway) = (self.subnet.to_string(), self.subnet.gateway().to_string());
        let route = format!(
            "route replace {subnet} dev {bridge} proto kernel scope link src {gateway} quickack 1"
        );
        [
            Invocation::new("ip", &["address", "replace", &address, "dev", &bridge]),
            Invocation::new("ip", &["link", "set", &bridge, "up"]),
            Invocation::new("ip", &route.split(' ').collect::<Vec<_>>()),
        ]
    }

    /// The contents of our chains. Containers reach the world and get its
    /// answers; nobody outside reaches them unasked, and they do not reach
    /// each other where the kernel shows bridged packets to iptables.
    fn rules(&self) -> String {
        let bridge = self.names.bridge();
        let (forward, nat) = (self.names.forward_chain(), self.names.nat_chain());
        let subnet = self.subnet;
        format!(
            "\
*filter
:{forward} - [0:0]
-A {forward} -i {bridge} -o {bridge} -j DROP
-A {forward} -o {bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A {forward} -o {bridge} -j DROP
-A {forward} -i {bridge} -s {subnet} -j ACCEPT
-A {forward} -i {bridge} -j DROP
COMMIT
*nat
:{nat} - [0:0]
-A {nat} -s {subnet} ! -o {bridge} -j MASQUERADE
COMMIT
"
        )
    }

    fn jumps(&self) -> [Jump; 2] {
        [
            Jump { table: "filter", hook: "FORWARD", chain: self.names.forward_chain() },
            Jump { table: "nat", hook: "POSTROUTING", chain: self.names.nat_chain() },
        ]
    }

    /// Keeps containers from each other over the bridge. A kernel shows bridged
    /// packets to iptables where `br_netfilter` is loaded, and to ebtables where
    /// it has the bridge family of nftables; one that has neither has to do
    /// without, as loading a module would change every other bridge of the host.
    fn separate_ports(&self) {
        self.show_to_iptables().succeeds();
        self.port_rule("-D").succeeds();
        self.port_rule("-A").succeeds();
    }

    fn show_to_iptables(&self) -> Invocation {
        let bridge = self.names.bridge();
        let args = ["link", "set", &bridge, "type", "bridge", "nf_call_iptables", "1"];
        Invocation::new("ip", &args)
    }

    fn port_rule(&self, verb: &str) -> Invocation {
        let bridge = self.names.bridge();
        let args = [verb, "FORWARD", "--logical-in", &bridge, "-j", "DROP"];
        Invocation::new("ebtables-nft", &args)
    }
}

/// The one rule that leads from a built-in chain to ours.
struct Jump {
    table: &'static str,
    hook: &'static str,
    chain: String,
}

impl Jump {
    fn invocation(&self, verb: &str) -> Invocation {
        let args = ["-w", "-t", self.table, verb, self.hook, "-j", &self.chain];
        Invocation::new("iptables", &args)
    }

    fn chain_command(&self, verb: &str) -> Invocation {
        Invocation::new("iptables", &["-w", "-t", self.table, verb, &self.chain])
    }
}

/// With `--noflush`, a chain that the input declares is made or emptied, and
/// every other one stays; each table changes in one transaction.
fn restore_invocation() -> Invocation {
    Invocation::new("iptables-restore", &["-w", "--noflush"])
}

fn restore(rules: &str) -> Result<(), CommandError> {
    let invocation = restore_invocation();
    let spawn = || {
        let mut child = invocation
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(rules.as_bytes())?;
        }
        child.wait_with_output()
    };
    let output = spawn().map_err(|source| invocation.spawn_error(source))?;
    if !output.status.success() {
        return Err(invocation.failed(output.status, &String::from_utf8_lossy(&output.stderr)));
    }
    Ok(())
}

/// Whether the output of `ip -4 -o address show` names another address.
fn has_other_address(shown: &str, ours: &str) -> bool {
    let addresses = shown.lines().filter_map(|line| line.split_once(" inet ")?.1.split(' ').next());
    addresses.into_iter().any(|address| address != ours)
}

const IP_FORWARD: &str = "/proc/sys/net/ipv4/ip_forward";

/// The engine would do this, too, but a container may be quicker.
fn allow_forwarding() -> Result<(), SetupError> {
    let path = Path::new(IP_FORWARD);
    let on = fs::read_to_string(path).is_ok_and(|value| value.trim() == "1");
    if on { Ok(()) } else { fs::write(path, "1\n").map_err(file::failed(path)) }
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

    #[test]
    fn touches_only_names_of_our_own() {
        let subnet = "10.213.0.0/24".parse().expect("a network");
        let network = Network::new(&EngineLayout::default(), subnet);
        insta::assert_snapshot!(network.commands().join("\n"), @r##"
        ip link add cai0 type bridge
        ip address replace 10.213.0.1/24 dev cai0
        ip link set cai0 up
        ip route replace 10.213.0.0/24 dev cai0 proto kernel scope link src 10.213.0.1 quickack 1
        iptables-restore -w --noflush <<'EOF'
        *filter
        :CONTAINAI-FORWARD - [0:0]
        -A CONTAINAI-FORWARD -i cai0 -o cai0 -j DROP
        -A CONTAINAI-FORWARD -o cai0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A CONTAINAI-FORWARD -o cai0 -j DROP
        -A CONTAINAI-FORWARD -i cai0 -s 10.213.0.0/24 -j ACCEPT
        -A CONTAINAI-FORWARD -i cai0 -j DROP
        COMMIT
        *nat
        :CONTAINAI-NAT - [0:0]
        -A CONTAINAI-NAT -s 10.213.0.0/24 ! -o cai0 -j MASQUERADE
        COMMIT
        EOF
        iptables -w -t filter -C FORWARD -j CONTAINAI-FORWARD || iptables -w -t filter -I FORWARD -j CONTAINAI-FORWARD
        iptables -w -t nat -C POSTROUTING -j CONTAINAI-NAT || iptables -w -t nat -I POSTROUTING -j CONTAINAI-NAT
        ip link set cai0 type bridge nf_call_iptables 1
        ebtables-nft -D FORWARD --logical-in cai0 -j DROP; ebtables-nft -A FORWARD --logical-in cai0 -j DROP
        echo 1 > /proc/sys/net/ipv4/ip_forward
        echo 20000 > /proc/sys/kernel/keys/maxkeys   # unless it is more
        echo 2000000 > /proc/sys/kernel/keys/maxbytes   # unless it is more
        echo 1024 > /proc/sys/fs/inotify/max_user_instances   # unless it is more
        echo 524288 > /proc/sys/fs/inotify/max_user_watches   # unless it is more
        echo 4194304 > /proc/sys/kernel/pid_max   # unless it is more
        echo 9223372036854775807 > /proc/sys/fs/file-max   # unless it is more
        echo 65536 > /proc/sys/kernel/pty/max   # unless it is more
        "##);
    }
}
