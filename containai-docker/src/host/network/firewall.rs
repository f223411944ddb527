//! The rules of the engine's firewall chains, and the jumps to them.

use std::io::Write;
use std::process::Stdio;

use super::super::command::{HostCommand, HostCommandError};
use super::super::engine_names::EngineNames;
use super::bridge::Bridge;
use super::link::OtherBridges;
use super::placement::{Placement, placement};

/// Name patterns of the bridges of other engines and virtual machines, which may appear at any
/// time.
const BRIDGE_PATTERNS: [&str; 10] = [
    "docker+", "br-+", "cai+", "podman+", "cni+", "nerdctl+", "virbr+", "lxcbr+", "lxdbr+",
    "incusbr+",
];

/// The firewall chains of one engine.
pub(super) struct Firewall<'a> {
    names: &'a EngineNames,
    bridge: &'a Bridge,
}

impl<'a> Firewall<'a> {
    pub(super) fn new(names: &'a EngineNames, bridge: &'a Bridge) -> Self {
        Self { names, bridge }
    }

    pub(super) fn bring_up(&self, others: &OtherBridges) -> Result<(), HostCommandError> {
        restore(&restore_command("iptables-restore"), &self.rules(others))?;
        for jump in self.jumps() {
            if !jump.invocation("-C").succeeds() {
                jump.invocation("-I").run()?;
            }
        }
        self.remove_obsolete_rule();
        if let Placement::InsertAt(number) = self.placement()? {
            self.forward_jump().delete();
            self.forward_jump().insert_at(number).run()?;
        }
        // Hosts without IPv6 often lack the program or its tables.
        if restore(&restore_command("ip6tables-restore"), &self.rules_ipv6()).is_ok() {
            let jump = self.isolation_jump();
            if !jump.invocation_ipv6("-C").succeeds() {
                jump.invocation_ipv6("-I").succeeds();
            }
        }
        Ok(())
    }

    /// Returns whether all jumps exist and the accepting one is in its position.
    pub(super) fn is_in_place(&self) -> bool {
        self.jumps().iter().all(|jump| jump.invocation("-C").succeeds())
            && self.placement().is_ok_and(|placement| placement == Placement::InPlace)
    }

    pub(super) fn remove(&self) {
        let jumps = self.jumps();
        for jump in jumps.iter().chain([&self.forward_jump()]) {
            jump.delete();
            jump.chain_command("-F").succeeds();
            jump.chain_command("-X").succeeds();
        }
        self.remove_obsolete_rule();
        let ipv6 = self.isolation_jump();
        while ipv6.invocation_ipv6("-D").succeeds() {}
        for verb in ["-F", "-X"] {
            HostCommand::new("ip6tables", &["-w", "-t", ipv6.table, verb, &ipv6.chain]).succeeds();
        }
    }

    /// Returns the commands that a dry run shows.
    pub(super) fn commands(&self, others: &OtherBridges) -> Vec<String> {
        let restore = restore_command("iptables-restore");
        let mut commands = vec![format!("{restore} <<'EOF'\n{}EOF", self.rules(others))];
        let insert =
            |jump: &Jump| format!("{} || {}", jump.invocation("-C"), jump.invocation("-I"));
        commands.extend(self.jumps().iter().map(insert));
        let accept = self.forward_jump();
        commands.push(format!("{}; {}", accept.invocation("-D"), accept.invocation("-A")));
        let restore = restore_command("ip6tables-restore");
        commands.push(format!("{restore} <<'EOF'\n{}EOF", self.rules_ipv6()));
        let jump = self.isolation_jump();
        let (check, insert) = (jump.invocation_ipv6("-C"), jump.invocation_ipv6("-I"));
        commands.push(format!("{check} || {insert}"));
        commands
    }

    /// Returns the IPv4 rules:
    ///
    /// - Containers can open connections to outside networks and receive the replies.
    /// - Containers cannot reach each other, nor containers of other engines except through
    ///   published ports (`DNAT`).
    /// - Nothing outside can open connections to containers.
    /// - On the host, only root can, because the proxy for published ports runs as root.
    fn rules(&self, others: &OtherBridges) -> String {
        let Bridge { name: bridge, subnet } = self.bridge;
        let (source, isolation) = (self.names.source_chain(), self.names.isolation_chain());
        let (output, forward) = (self.names.output_chain(), self.names.forward_chain());
        let nat = self.names.nat_chain();
        let to = |bridge: &str, verdict| format!("-A {isolation} -o {bridge} -j {verdict}\n");
        let uplinks: String = others.uplinks.iter().map(|name| to(name, "RETURN")).collect();
        let known = BRIDGE_PATTERNS.iter().map(|name| to(name, "DROP"));
        let found = others.internal.iter().filter(|name| !matches_bridge_pattern(name));
        let internal: String = known.chain(found.map(|name| to(name, "DROP"))).collect();
        let answers = "-m conntrack --ctstate RELATED,ESTABLISHED";
        format!(
            "\
*mangle
:{source} - [0:0]
:{isolation} - [0:0]
:{output} - [0:0]
-A {source} ! -s {subnet} -i {bridge} -j DROP
-A {isolation} -i {bridge} -o {bridge} -j DROP
-A {isolation} -o {bridge} {answers} -j RETURN
-A {isolation} -o {bridge} -j DROP
-A {isolation} ! -i {bridge} -j RETURN
{uplinks}-A {isolation} -m conntrack --ctstate DNAT -j RETURN
{internal}-A {output} ! -o {bridge} -j RETURN
-A {output} {answers} -j RETURN
-A {output} -m owner --uid-owner 0 -j RETURN
-A {output} -j DROP
COMMIT
*filter
:{forward} - [0:0]
-A {forward} -o {bridge} {answers} -j ACCEPT
-A {forward} -s {subnet} -i {bridge} -j ACCEPT
COMMIT
*nat
:{nat} - [0:0]
-A {nat} -s {subnet} ! -o {bridge} -j MASQUERADE
COMMIT
"
        )
    }

    /// Returns the IPv6 rules. IPv6 is disabled on the bridge; the rules apply if it is enabled
    /// again for all links of the host.
    fn rules_ipv6(&self) -> String {
        let (bridge, isolation) = (&self.bridge.name, self.names.isolation_chain());
        format!(
            "\
*mangle
:{isolation} - [0:0]
-A {isolation} -i {bridge} -j DROP
-A {isolation} -o {bridge} -j DROP
COMMIT
"
        )
    }

    /// Returns the jumps that work in any position.
    fn jumps(&self) -> [Jump; 4] {
        [
            Jump { table: "mangle", builtin_chain: "PREROUTING", chain: self.names.source_chain() },
            self.isolation_jump(),
            Jump { table: "mangle", builtin_chain: "OUTPUT", chain: self.names.output_chain() },
            Jump { table: "nat", builtin_chain: "POSTROUTING", chain: self.names.nat_chain() },
        ]
    }

    fn isolation_jump(&self) -> Jump {
        Jump { table: "mangle", builtin_chain: "FORWARD", chain: self.names.isolation_chain() }
    }

    fn forward_jump(&self) -> Jump {
        Jump { table: "filter", builtin_chain: "FORWARD", chain: self.names.forward_chain() }
    }

    fn placement(&self) -> Result<Placement, HostCommandError> {
        let accept = self.forward_jump();
        let rules =
            HostCommand::new("iptables", &["-w", "-t", accept.table, "-S", accept.builtin_chain])
                .run()?;
        Ok(placement(&rules, &accept.chain))
    }

    /// Removes a rule of an earlier version that blocked traffic between all ports of the bridge;
    /// each port is isolated now.
    fn remove_obsolete_rule(&self) {
        let args = ["-D", "FORWARD", "--logical-in", &self.bridge.name, "-j", "DROP"];
        HostCommand::new("ebtables-nft", &args).succeeds();
    }
}

fn matches_bridge_pattern(name: &str) -> bool {
    BRIDGE_PATTERNS.iter().any(|pattern| name.starts_with(pattern.trim_end_matches('+')))
}

/// The rule that jumps from a built-in chain to a chain of the engine.
struct Jump {
    table: &'static str,
    builtin_chain: &'static str,
    chain: String,
}

impl Jump {
    fn invocation(&self, verb: &str) -> HostCommand {
        self.build("iptables", verb)
    }

    fn invocation_ipv6(&self, verb: &str) -> HostCommand {
        self.build("ip6tables", verb)
    }

    fn build(&self, program: &str, verb: &str) -> HostCommand {
        HostCommand::new(
            program,
            &["-w", "-t", self.table, verb, self.builtin_chain, "-j", &self.chain],
        )
    }

    fn insert_at(&self, number: usize) -> HostCommand {
        let number = number.to_string();
        let args = ["-w", "-t", self.table, "-I", self.builtin_chain, &number, "-j", &self.chain];
        HostCommand::new("iptables", &args)
    }

    fn delete(&self) {
        while self.invocation("-D").succeeds() {}
    }

    fn chain_command(&self, verb: &str) -> HostCommand {
        HostCommand::new("iptables", &["-w", "-t", self.table, verb, &self.chain])
    }
}

/// Returns the restore command with `--noflush`: declared chains are created or emptied, all others
/// stay, and each table changes in one transaction.
fn restore_command(program: &str) -> HostCommand {
    HostCommand::new(program, &["-w", "--noflush"])
}

fn restore(invocation: &HostCommand, rules: &str) -> Result<(), HostCommandError> {
    let spawn = || {
        let mut child = invocation
            .to_command()
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
        return Err(invocation.exit_error(output.status, &String::from_utf8_lossy(&output.stderr)));
    }
    Ok(())
}
