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
        let bridge = Path::new("/sys/class/net").join(self.names.bridge());
        let jumps = || self.jumps().iter().all(|jump| jump.invocation("-C").succeeds());
        if !bridge.exists() {
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
        if !Path::new("/sys/class/net").join(self.names.bridge()).exists() {
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
        allow_forwarding()
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
        commands.push(format!("{} || {}", self.port_rule("-L"), self.port_rule("-A")));
        commands.push(format!("echo 1 > {IP_FORWARD}"));
        commands
    }

    fn add_bridge(&self) -> Invocation {
        Invocation::new("ip", &["link", "add", &self.names.bridge(), "type", "bridge"])
    }

    fn configure_bridge(&self) -> [Invocation; 2] {
        let bridge = self.names.bridge();
        let address = self.subnet.gateway_with_prefix();
        [
            Invocation::new("ip", &["address", "replace", &address, "dev", &bridge]),
            Invocation::new("ip", &["link", "set", &bridge, "up"]),
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

    /// Drops what one container sends to another over the bridge, also where
    /// iptables never sees it for want of `br_netfilter`. A kernel without
    /// the bridge family of nftables has to do without: best effort.
    fn separate_ports(&self) {
        self.port_rule("-D").succeeds();
        self.port_rule("-A").succeeds();
    }

    fn port_rule(&self, verb: &str) -> Invocation {
        let bridge = self.names.bridge();
        let rule = Invocation::new("ebtables-nft", &[verb, "FORWARD"]);
        match verb {
            "-L" => rule,
            _ => rule.args(["--logical-in", &bridge, "-j", "DROP"]),
        }
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
    fn touches_only_names_of_our_own() {
        let subnet = "10.213.0.0/24".parse().expect("a network");
        let network = Network::new(&EngineLayout::default(), subnet);
        insta::assert_snapshot!(network.commands().join("\n"));
    }
}
