//! The proxies of a user.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::ProxyAddress;

/// The variables of proxies in lower case, and their keys in Docker's client configuration.
const PROXIES: [(&str, &str); 4] = [
    ("http_proxy", "httpProxy"),
    ("https_proxy", "httpsProxy"),
    ("ftp_proxy", "ftpProxy"),
    ("all_proxy", "allProxy"),
];
/// The variable of exceptions, and its key.
const NO_PROXY: (&str, &str) = ("no_proxy", "noProxy");
/// The container itself, which no proxy reaches.
const LOCAL: [&str; 4] = ["localhost", "127.0.0.0/8", "127.0.0.1", "::1"];

/// The proxies of a user, and the exceptions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProxySettings {
    /// The proxies by variable.
    proxies: BTreeMap<&'static str, ProxyAddress>,
    /// Hosts that are reached without proxy, separated by commas.
    no_proxy: String,
}

/// A reason why a container does not get a proxy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ProxyIssue {
    /// The proxy is on the loopback interface of this machine, which is not the container's.
    Loopback {
        /// The variable.
        variable: &'static str,
        /// The address.
        address: ProxyAddress,
    },
    /// The value contains characters that a URL cannot contain.
    InvalidAddress {
        /// The variable.
        variable: &'static str,
    },
}

impl ProxySettings {
    /// Reads environment variables. As in curl, the lower-case name comes first; `issues` gets the
    /// proxies that a container cannot use.
    pub fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
        issues: &mut Vec<ProxyIssue>,
    ) -> Self {
        let value = |name: &str| variable(name).or_else(|| variable(&name.to_uppercase()));
        Self::read(|(name, _)| value(name), issues)
    }

    /// Reads `proxies.default` of a client configuration of Docker (`~/.docker/config.json`), which
    /// is the user's choice for containers.
    pub fn from_docker_config(text: &str, issues: &mut Vec<ProxyIssue>) -> Self {
        let config: Value = serde_json::from_str(text).unwrap_or_default();
        let default = &config["proxies"]["default"];
        Self::read(|(_, key)| default[key].as_str().map(str::to_owned), issues)
    }

    fn read(
        value: impl Fn((&'static str, &'static str)) -> Option<String>,
        issues: &mut Vec<ProxyIssue>,
    ) -> Self {
        let mut proxies = BTreeMap::new();
        for (variable, key) in PROXIES {
            let text = value((variable, key)).map(|text| text.trim().to_owned());
            let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
            match ProxyAddress::parse(&text) {
                None => issues.push(ProxyIssue::InvalidAddress { variable }),
                Some(address) if address.is_loopback() => {
                    issues.push(ProxyIssue::Loopback { variable, address });
                }
                Some(address) => drop(proxies.insert(variable, address)),
            }
        }
        let no_proxy = value(NO_PROXY).unwrap_or_default();
        Self { proxies, no_proxy }
    }

    /// Whether there is no proxy.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.proxies.is_empty()
    }

    /// Returns the variables of a container, one `NAME=value` a line in lower case. The values are
    /// secret: they can contain passwords. The container's own addresses are excepted.
    #[must_use]
    pub fn lines(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let proxies = self.proxies.iter();
        let lines: String =
            proxies.map(|(name, address)| format!("{name}={}\n", address.reveal())).collect();
        format!("{lines}{}={}\n", NO_PROXY.0, self.exceptions())
    }

    fn exceptions(&self) -> String {
        let is_plain = |host: &&str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || ".:*-_/[]".contains(c);
            !host.is_empty() && host.chars().all(is_plain)
        };
        let configured = self.no_proxy.split([',', ' ', '\t']).filter(is_plain);
        let mut hosts: Vec<&str> = Vec::new();
        for host in configured.chain(LOCAL) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts.join(",")
    }
}

impl fmt::Display for ProxyIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback { variable, address } => write!(
                f,
                "`{variable}` is not passed to the container: `{address}` is on this machine's \
                 loopback interface, which containers cannot reach"
            ),
            Self::InvalidAddress { variable } => {
                write!(f, "`{variable}` is not passed to the container: it is not a URL")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (String, Vec<String>) {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name);
        let mut issues = Vec::new();
        let settings = ProxySettings::from_variables(
            |name| find(name).map(|(_, value)| (*value).to_owned()),
            &mut issues,
        );
        (settings.lines(), issues.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn either_case_is_read_and_exceptions_are_completed() {
        let (lines, issues) = read(&[
            ("HTTPS_PROXY", "http://me:secret@proxy:3128"),
            ("http_proxy", "http://proxy:3128"),
            ("HTTP_PROXY", "http://other:3128"),
            ("NO_PROXY", ".corp, 10.0.0.0/8,localhost,$(id)"),
        ]);
        insta::assert_snapshot!(lines, @r"
        http_proxy=http://proxy:3128
        https_proxy=http://me:secret@proxy:3128
        no_proxy=.corp,10.0.0.0/8,localhost,127.0.0.0/8,127.0.0.1,::1
        ");
        assert_eq!(issues, [""; 0]);
        assert_eq!(read(&[("NO_PROXY", "x"), ("http_proxy", "")]), Default::default());
    }

    #[test]
    fn unusable_proxies_are_reported_without_passwords() {
        let (lines, issues) = read(&[
            ("https_proxy", "http://me:secret@127.0.0.1:3128"),
            ("http_proxy", "http://me:sec ret@proxy"),
        ]);
        assert_eq!(lines, "");
        insta::assert_snapshot!(issues.join("\n"), @r"
        `http_proxy` is not passed to the container: it is not a URL
        `https_proxy` is not passed to the container: `http://***@127.0.0.1:3128` is on this machine's loopback interface, which containers cannot reach
        ");
    }

    #[test]
    fn docker_configuration() {
        let read = |text: &str| ProxySettings::from_docker_config(text, &mut Vec::new());
        let text = r#"{"proxies": {"default": {"httpsProxy": "http://p:1", "noProxy": "*.corp"}}}"#;
        assert!(read(text).lines().starts_with("https_proxy=http://p:1\nno_proxy=*.corp,"));
        for none in ["", "{}", r#"{"proxies": {"default": {"httpsProxy": 1}}}"#, "[1"] {
            assert!(read(none).is_empty(), "{none}");
        }
    }
}
