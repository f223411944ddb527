//! Ports of the container that are forwarded to the host.

use std::fmt;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::error::DevcontainerError;
use super::fields::{JsonFields, scalar_text};
use super::plan::DevcontainerPlan;

/// The longest range of published ports.
const MAX_RANGE: usize = 100;
/// The container itself.
const SELF: &str = "localhost";

/// A port of the host that leads to a port in the container.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct ForwardedPort {
    /// The port on the host's loopback address.
    pub listen: u16,
    /// The host to connect to, as named in the container; `localhost` for the container itself.
    pub host: String,
    /// The port of that host.
    pub port: u16,
}

impl ForwardedPort {
    /// Reads `forwardPorts` and `appPort`, and adds published ports.
    pub(super) fn read_all(
        fields: JsonFields<'_>,
        published: &[String],
        plan: &mut DevcontainerPlan,
    ) -> Result<Vec<Self>, DevcontainerError> {
        let mut ports = Vec::new();
        for value in fields.array("forwardPorts")? {
            match scalar_text(value).as_deref().and_then(parse_forward) {
                Some(port) => ports.push(port),
                None => plan.left_out(format!("forwardPorts {value}"), "it is not a port"),
            }
        }
        let app_ports: Vec<_> = match fields.get("appPort") {
            Some(Value::Array(items)) => items.iter().collect(),
            other => other.into_iter().collect(),
        };
        let app_ports =
            app_ports.into_iter().map(|port| (format!("appPort {port}"), scalar_text(port)));
        let published =
            published.iter().map(|port| (format!("runArgs --publish {port}"), Some(port.clone())));
        for (property, text) in app_ports.chain(published) {
            match text.as_deref().and_then(parse_published) {
                Some(published) => ports.extend(published),
                None => plan.left_out(property, "it is not a TCP port"),
            }
        }
        ports.sort();
        // A port of the host leads to one place.
        ports.dedup_by_key(|port| port.listen);
        Ok(ports)
    }

    /// Returns the forward as ssh(1) writes it, `PORT:HOST:PORT`.
    pub fn forward_spec(&self) -> String {
        format!("{}:{}:{}", self.listen, self.host, self.port)
    }
}

impl fmt::Display for ForwardedPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, host, port } = self;
        match (host.as_str(), listen == port) {
            (SELF, true) => write!(f, "{listen}"),
            (SELF, false) => write!(f, "{listen} to {port}"),
            _ => write!(f, "{listen} to {host}:{port}"),
        }
    }
}

/// Parses `PORT` or `HOST:PORT`.
fn parse_forward(text: &str) -> Option<ForwardedPort> {
    let (host, port) = text.rsplit_once(':').unwrap_or((SELF, text));
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let port = parse_port(port)?;
    let host = if matches!(host, "127.0.0.1" | "0.0.0.0") { SELF } else { host };
    let is_host = !host.is_empty() && !host.starts_with('-') && host.chars().all(is_name);
    is_host.then(|| ForwardedPort { listen: port, host: host.to_owned(), port })
}

/// Parses `[[IP:]PORT:]PORT[/tcp]` of docker-run(1), where a port may be a range. The address is
/// always that of the loopback.
fn parse_published(text: &str) -> Option<Vec<ForwardedPort>> {
    let ports = match text.split_once('/') {
        None => text,
        Some((ports, "tcp")) => ports,
        Some(_) => return None,
    };
    let mut parts = ports.rsplitn(3, ':');
    let inside = parse_range(parts.next()?)?;
    let listens = match parts.next() {
        None | Some("") => inside.clone(),
        Some(listen) => parse_range(listen)?,
    };
    let is_fine = listens.len() == inside.len() && inside.len() <= MAX_RANGE;
    let pairs = listens.zip(inside);
    let forward = |(listen, port)| ForwardedPort { listen, host: SELF.to_owned(), port };
    is_fine.then(|| pairs.map(forward).collect())
}

fn parse_range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(parse_port(first)?..=parse_port(last)?).filter(|range| !range.is_empty())
}

fn parse_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devcontainer::jsonc;

    #[test]
    fn ports_of_all_properties_are_forwarded() {
        let text = r#"{"forwardPorts": [3000, "localhost:80", "db:5432", 3000, 0, 70000, "-oX:1", "8080"],
            "appPort": ["9000:80", "127.0.0.1:9001:81", 9002, "53:53/udp", "9100-9102:100-102/tcp", "2-1", "1-9:1"]}"#;
        let object = jsonc::parse(text).expect("JSON");
        let mut plan = DevcontainerPlan::default();
        let published = ["7000".to_owned(), "127.0.0.1::7001".to_owned()];
        let ports = ForwardedPort::read_all(JsonFields(&object), &published, &mut plan);
        let ports: Vec<_> = ports.expect("ports").iter().map(ToString::to_string).collect();
        assert_eq!(
            ports.join(", "),
            "80, 3000, 5432 to db:5432, 7000, 7001, 8080, 9000 to 80, 9001 to 81, 9002, \
             9100 to 100, 9101 to 101, 9102 to 102"
        );
        let lines: Vec<_> = plan.entries().iter().map(|it| it.property.as_str()).collect();
        assert_eq!(
            lines,
            [
                "forwardPorts 0",
                "forwardPorts 70000",
                "forwardPorts \"-oX:1\"",
                "appPort \"53:53/udp\"",
                "appPort \"2-1\"",
                "appPort \"1-9:1\""
            ]
        );
    }
}
