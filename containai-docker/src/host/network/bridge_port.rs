//! Ports of the bridge: each container can use only its own addresses.
//!
//! A bridge learns from the frames which address is behind which port, so that a container could
//! take over another container's address. Learning is unnecessary: before the first process of a
//! container runs, its hardware and network addresses are the ones that the engine assigned.

use std::io;

use containai_core::layout::EngineLayout;
use serde::Deserialize;

use super::super::command::{HostCommand, HostCommandError};
use super::super::engine_names::EngineNames;
use super::link::{self, Link};

/// A container's bridge port could not be isolated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BridgePortError {
    /// `ip` or `bridge` is missing or failed.
    #[error("cannot isolate the container's port on bridge `{bridge}`")]
    Isolate {
        /// The engine's bridge.
        bridge: String,
        /// The failed command.
        #[source]
        source: HostCommandError,
    },
}

/// Isolates the bridge ports that belong to the network namespace of process `pid`, on the bridge
/// of the engine at `layout`, and pins their addresses. Must be called before any process of the
/// container runs.
///
/// Frames from an isolated port reach only the bridge itself (bridge(8)). Pinned addresses are
/// static: the hardware address is bound to its port, the network address to the hardware address.
///
/// # Errors
///
/// [`BridgePortError::Isolate`]; the container must not start then.
pub fn pin(layout: &EngineLayout, pid: u32) -> Result<(), BridgePortError> {
    let bridge = EngineNames::of(layout).bridge();
    let run = || {
        // An engine with a different network does not have this bridge.
        let Ok(ports) = link::list_ports(&bridge) else { return Ok(()) };
        let inside = container_interfaces(pid)?;
        for port in ports.iter().filter(|port| port.port_flags().learning) {
            if let Some(interface) = inside.iter().find(|it| it.link_index == port.ifindex) {
                pin_port(&bridge, port, interface)?;
            }
        }
        delete_stale_neighbours(&bridge);
        Ok(())
    };
    run().map_err(|source| BridgePortError::Isolate { bridge: bridge.clone(), source })
}

/// Isolates every port of the bridge, including ports of containers started by another runtime, and
/// deletes the addresses of removed containers.
pub(super) fn isolate_all(bridge: &str) -> Result<(), HostCommandError> {
    for port in link::list_ports(bridge)?.iter().filter(|port| !port.port_flags().isolated) {
        // The port may have been removed meanwhile.
        isolate(&port.ifname).succeeds();
    }
    delete_stale_neighbours(bridge);
    Ok(())
}

/// Returns the command that a dry run shows.
pub(super) fn commands() -> String {
    format!("{}   # every port of the bridge", isolate("PORT"))
}

fn isolate(port: &str) -> HostCommand {
    HostCommand::new("bridge", &["link", "set", "dev", port, "isolated", "on"])
}

fn pin_port(
    bridge: &str,
    port: &Link,
    interface: &ContainerInterface,
) -> Result<(), HostCommandError> {
    let (port, mac) = (port.ifname.as_str(), interface.address.as_str());
    let bridge_program = |args: &[&str]| HostCommand::new("bridge", args);
    bridge_program(&["fdb", "replace", mac, "dev", port, "master", "static"]).run()?;
    for address in interface.addr_info.iter().filter(|address| address.family == "inet") {
        let neighbour =
            ["neighbour", "replace", &address.local, "lladdr", mac, "nud", "permanent", "dev"];
        HostCommand::new("ip", &neighbour).args([bridge]).run()?;
    }
    // Since Linux 5.18, frames from another hardware address are dropped. The host's broadcasts
    // (ARP requests) are not sent to the port.
    for option in [["locked", "on"], ["bcast_flood", "off"]] {
        let [name, value] = option;
        bridge_program(&["link", "set", "dev", port, name, value]).succeeds();
    }
    // Last, because disabled learning marks the port as pinned.
    let set = "isolated on flood off mcast_flood off learning off".split(' ');
    bridge_program(&["link", "set", "dev", port]).args(set).run()?;
    Ok(())
}

#[derive(Debug, Deserialize)]
struct ContainerInterface {
    /// Index of its peer interface on the host.
    link_index: u32,
    /// The hardware address.
    address: String,
    #[serde(default)]
    addr_info: Vec<InterfaceAddress>,
}

#[derive(Debug, Deserialize)]
struct InterfaceAddress {
    family: String,
    local: String,
}

/// Returns the interfaces in the network namespace of a process that have a peer.
fn container_interfaces(pid: u32) -> Result<Vec<ContainerInterface>, HostCommandError> {
    let namespace = format!("--net=/proc/{pid}/ns/net");
    let shown = HostCommand::new("nsenter", &[&namespace, "ip", "-json", "address", "show"]);
    parse_interfaces(&shown.run()?).map_err(|error| shown.spawn_error(io::Error::from(error)))
}

fn parse_interfaces(json: &str) -> Result<Vec<ContainerInterface>, serde_json::Error> {
    let values: Vec<serde_json::Value> = serde_json::from_str(json)?;
    Ok(values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect())
}

#[derive(Debug, Deserialize)]
struct NeighbourEntry {
    dst: String,
    lladdr: String,
}

#[derive(Debug, Deserialize)]
struct FdbEntry {
    mac: String,
    #[serde(default)]
    state: String,
}

/// Deletes pinned neighbours without a port. The kernel removes the static fdb entry with the port
/// but keeps the neighbour, and the next container with the same network address may have another
/// hardware address and another runtime.
fn delete_stale_neighbours(bridge: &str) {
    let ask =
        |program: &str, args: &[&str]| HostCommand::new(program, args).run().unwrap_or_default();
    let pinned = ["-json", "neighbour", "show", "dev", bridge, "nud", "permanent"];
    let neighbours: Vec<NeighbourEntry> = parse(&ask("ip", &pinned));
    let ports: Vec<FdbEntry> = parse(&ask("bridge", &["-json", "fdb", "show", "br", bridge]));
    for neighbour in stale_neighbours(&neighbours, &ports) {
        HostCommand::new("ip", &["neighbour", "delete", &neighbour.dst, "dev", bridge]).succeeds();
    }
}

fn parse<T: for<'a> Deserialize<'a>>(json: &str) -> Vec<T> {
    let values: Vec<serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect()
}

fn stale_neighbours<'a>(
    neighbours: &'a [NeighbourEntry],
    ports: &'a [FdbEntry],
) -> impl Iterator<Item = &'a NeighbourEntry> {
    let is_there = |neighbour: &NeighbourEntry| {
        ports.iter().any(|port| port.mac == neighbour.lladdr && port.state == "static")
    };
    neighbours.iter().filter(move |neighbour| !is_there(neighbour))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_peer_link_and_addresses() {
        let json = r#"[{"ifindex":1,"ifname":"lo","address":"00:00:00:00:00:00"},
            {"ifindex":5,"link_index":6,"ifname":"eth0","address":"02:42:0a:d5:00:02","addr_info":[
                {"family":"inet","local":"10.213.0.2"},{"family":"inet6","local":"fe80::1"}]}]"#;
        let found = parse_interfaces(json).expect("JSON");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].link_index, found[0].addr_info.len()), (6, 2));
        assert!(parse_interfaces("invalid").is_err());
    }

    #[test]
    fn neighbours_without_a_port_are_stale() {
        let neighbours = parse(
            r#"[{"dst":"10.213.0.2","lladdr":"02:42:0a:d5:00:02"},{"dst":"10.213.0.3","lladdr":"02:42:0a:d5:00:03"}]"#,
        );
        let ports = parse(
            r#"[{"mac":"02:42:0a:d5:00:02","state":"static"},{"mac":"02:42:0a:d5:00:03","state":""}]"#,
        );
        let found: Vec<_> =
            stale_neighbours(&neighbours, &ports).map(|it| it.dst.as_str()).collect();
        assert_eq!(found, ["10.213.0.3"]);
    }
}
