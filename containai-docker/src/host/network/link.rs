//! The host's network links, from `ip -details -json`.

use serde::Deserialize;

use super::super::command::{HostCommand, HostCommandError};

/// A network link.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Link {
    pub(super) ifindex: u32,
    pub(super) ifname: String,
    /// The bridge that the link is a port of.
    #[serde(default)]
    pub(super) master: Option<String>,
    #[serde(default)]
    linkinfo: LinkInfo,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct LinkInfo {
    info_kind: Option<String>,
    #[serde(default)]
    info_slave_data: PortFlags,
}

/// The flags of a bridge port (bridge(8)).
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct PortFlags {
    #[serde(default)]
    pub(super) isolated: bool,
    #[serde(default = "on")]
    pub(super) learning: bool,
}

impl Default for PortFlags {
    fn default() -> Self {
        Self { isolated: false, learning: true }
    }
}

fn on() -> bool {
    true
}

impl Link {
    pub(super) fn port_flags(&self) -> PortFlags {
        self.linkinfo.info_slave_data
    }

    fn kind(&self) -> Option<&str> {
        self.linkinfo.info_kind.as_deref()
    }
}

/// Returns all links of this network namespace.
pub(super) fn list_links() -> Result<Vec<Link>, HostCommandError> {
    Ok(parse(&HostCommand::new("ip", &["-details", "-json", "link", "show"]).run()?))
}

/// Returns the ports of a bridge.
pub(super) fn list_ports(bridge: &str) -> Result<Vec<Link>, HostCommandError> {
    let show = ["-details", "-json", "link", "show", "master", bridge];
    Ok(parse(&HostCommand::new("ip", &show).run()?))
}

/// Parses the output of `ip`, which has an empty object for each link that was filtered out.
fn parse(json: &str) -> Vec<Link> {
    let values: Vec<serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect()
}

/// The bridges of the host other than the engine's.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in super::super) struct OtherBridges {
    /// Bridges to outside networks: they have a physical interface as a port, or carry the default
    /// route.
    pub(super) uplinks: Vec<String>,
    /// Bridges of containers and virtual machines.
    pub(super) internal: Vec<String>,
}

impl OtherBridges {
    /// Detects the bridges; empty if `ip` fails.
    pub(super) fn detect(ours: &str) -> Self {
        let routes = HostCommand::new("ip", &["-4", "route", "show", "default"]).run();
        Self::classify(&list_links().unwrap_or_default(), &routes.unwrap_or_default(), ours)
    }

    fn classify(links: &[Link], default_routes: &str, ours: &str) -> Self {
        let mut found = Self::default();
        let bridges = links.iter().filter(|link| link.kind() == Some("bridge"));
        for name in bridges.map(|link| &link.ifname).filter(|name| *name != ours) {
            let leads_out = links.iter().any(|link| {
                link.master.as_ref() == Some(name)
                    && !matches!(link.kind(), Some("veth" | "tun" | "dummy"))
            });
            let is_default = default_routes.lines().any(|line| {
                let words: Vec<_> = line.split_whitespace().collect();
                words.windows(2).any(|pair| pair[0] == "dev" && pair[1] == name)
            });
            // Bridges whose names iptables-restore could misinterpret get no rule.
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if name.starts_with('-') || !name.chars().all(plain) {
            } else if leads_out || is_default {
                found.uplinks.push(name.clone());
            } else {
                found.internal.push(name.clone());
            }
        }
        found.uplinks.sort();
        found.internal.sort();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINKS: &str = r#"[{},
        {"ifindex":1,"ifname":"lo","link_type":"loopback"},
        {"ifindex":2,"ifname":"eth0","master":"br-lan"},
        {"ifindex":3,"ifname":"br-lan","linkinfo":{"info_kind":"bridge"}},
        {"ifindex":4,"ifname":"docker0","linkinfo":{"info_kind":"bridge"}},
        {"ifindex":5,"ifname":"veth1","master":"docker0","linkinfo":{"info_kind":"veth","info_slave_kind":"bridge","info_slave_data":{"learning":false,"isolated":true}}},
        {"ifindex":6,"ifname":"cai0","linkinfo":{"info_kind":"bridge"}},
        {"ifindex":7,"ifname":"lxd","linkinfo":{"info_kind":"bridge"}},
        {"ifindex":8,"ifname":"up","linkinfo":{"info_kind":"bridge"}},
        {"ifindex":9,"ifname":"a b","linkinfo":{"info_kind":"bridge"}}]"#;

    #[test]
    fn classifies_uplink_and_internal_bridges() {
        let routes = "default via 192.0.2.1 dev up proto dhcp\n";
        let found = OtherBridges::classify(&parse(LINKS), routes, "cai0");
        assert_eq!(found.uplinks, ["br-lan", "up"]);
        assert_eq!(found.internal, ["docker0", "lxd"]);
    }

    #[test]
    fn reads_port_flags() {
        let links = parse(LINKS);
        assert_eq!(links.len(), 9);
        assert!(links[4].port_flags().isolated && !links[4].port_flags().learning);
        assert!(!links[0].port_flags().isolated && links[0].port_flags().learning);
        assert!(parse("invalid").is_empty());
    }
}
