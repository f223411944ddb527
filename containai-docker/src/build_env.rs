//! Network settings of image builds.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use containai_core::network::ProxyAddress;

/// Network settings of image builds: proxies, certificates and package registries.
///
/// Proxies become Docker's predefined build arguments, which are not part of the image history. The
/// other settings are visible only to the stages that download, and are part of no image. In a
/// build, loopback is not the host's, so proxies on loopback are left out.
#[derive(Clone, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct BuildEnv {
    /// The proxy variables by name, such as `HTTPS_PROXY`.
    pub proxies: BTreeMap<String, String>,
    /// Files of trusted certificates, PEM, which together are the bundle; unreadable files are
    /// ignored.
    pub certificates: Vec<PathBuf>,
    /// The npm registry; `None`: the one in [`npmrc`](Self::npmrc).
    pub npm_registry: Option<String>,
    /// The user's `.npmrc`; only the registry and its credentials are read.
    pub npmrc: Option<PathBuf>,
    /// The pip index; `None`: PyPI.
    pub pip_index: Option<String>,
}

/// Omits addresses, which may contain credentials.
impl fmt::Debug for BuildEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuildEnv").field("proxies", &self.proxies.keys()).finish_non_exhaustive()
    }
}

impl BuildEnv {
    /// Returns the predefined build arguments.
    pub(crate) fn build_args(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_loopback =
            |value: &str| ProxyAddress::parse(value).is_some_and(|it| it.is_loopback());
        let proxies = self.proxies.iter().filter(move |(_, value)| !is_loopback(value));
        proxies.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the files for the stages that download. Files without content are included, because
    /// a Dockerfile cannot test for them.
    pub(crate) fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut certificates = Vec::new();
        for bytes in self.certificates.iter().filter_map(|path| fs::read(path).ok()) {
            certificates.extend(bytes);
            // A file may end without a newline.
            certificates.push(b'\n');
        }
        let npmrc = self.npmrc.as_ref().and_then(|path| fs::read_to_string(path).ok());
        vec![
            ("certificates.pem", certificates),
            (
                "npmrc",
                build_npmrc(self.npm_registry.as_deref(), &npmrc.unwrap_or_default()).into_bytes(),
            ),
            ("pip.conf", pip_conf(self.pip_index.as_deref()).into_bytes()),
        ]
    }
}

/// Extracts the registry and its credentials from an `.npmrc`.
fn build_npmrc(registry: Option<&str>, npmrc: &str) -> String {
    let pairs = || npmrc.lines().filter_map(|line| line.split_once('='));
    let configured =
        pairs().find(|(key, _)| key.trim() == "registry").map(|(_, value)| value.trim());
    let Some(registry) = registry.or(configured) else { return String::new() };
    let place = registry.split_once(':').map_or(registry, |(_, place)| place);
    let place = place.trim_end_matches('/');
    let logs_in = |key: &str| {
        let scope = key.trim().rsplit_once(':').map(|(scope, _)| scope.trim_end_matches('/'));
        scope.is_some_and(|scope| !place.is_empty() && scope == place)
    };
    let credentials = pairs().filter(|(key, _)| logs_in(key));
    let lines = credentials.map(|(key, value)| format!("{}={}\n", key.trim(), value.trim()));
    format!("registry={registry}\n{}", lines.collect::<String>())
}

fn pip_conf(index: Option<&str>) -> String {
    index.map_or_else(String::new, |index| format!("[global]\nindex-url = {index}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registry_and_credentials_are_read_from_npmrc() {
        let npmrc = "registry = https://npm.corp/x/\n//npm.corp/x/:_authToken=one\n\
                     //registry.npmjs.org/:_authToken=secret\nyes=false\n";
        assert_eq!(
            build_npmrc(None, npmrc),
            "registry=https://npm.corp/x/\n//npm.corp/x/:_authToken=one\n"
        );
        assert_eq!(build_npmrc(Some("https://other"), npmrc), "registry=https://other\n");
        assert_eq!(build_npmrc(None, "yes=false\n"), "");
    }

    #[test]
    fn loopback_proxies_are_left_out() {
        let proxies =
            [("A", "http://127.0.0.1:1"), ("B", "http://u:p@localhost:2"), ("C", "http://p:3")];
        let proxies = proxies.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let build_env = BuildEnv { proxies, ..BuildEnv::default() };
        assert_eq!(build_env.build_args().collect::<Vec<_>>(), [("C", "http://p:3")]);
        assert!(!format!("{build_env:?}").contains("u:p"));
    }

    #[test]
    fn all_files_exist_for_the_dockerfile() {
        let names: Vec<_> = BuildEnv::default().files().into_iter().collect();
        assert!(names.iter().all(|(_, bytes)| bytes.is_empty()));
        assert_eq!(names.len(), 3);
    }
}
