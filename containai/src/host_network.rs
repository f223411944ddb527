//! The network settings of this machine and its user that containers get.

use std::fs;
use std::path::{Path, PathBuf};

use containai_core::config::Config;
use containai_core::network::{Certificate, CertificateSet, HostNetwork, ProxySettings};

use crate::process_env::ProcessEnv;
use crate::report::Reporter;

/// Directories where an administrator adds certificates: Debian, Fedora, Arch, SUSE.
const ADDED: [&str; 5] = [
    "/usr/local/share/ca-certificates",
    "/etc/pki/ca-trust/source/anchors",
    "/usr/share/pki/ca-trust-source/anchors",
    "/etc/ca-certificates/trust-source/anchors",
    "/etc/pki/trust/anchors",
];
/// The selection of certificates in [`PACKAGED`], ca-certificates.conf(5) of Debian.
const SELECTION: &str = "/etc/ca-certificates.conf";
const PACKAGED: &str = "/usr/share/ca-certificates";
/// The certificates of distributions: a directory, or files in a format of p11-kit that contains
/// PEM.
const DISTRIBUTION: [&str; 4] = [
    "/usr/share/ca-certificates/mozilla",
    "/usr/share/pki/ca-trust-source/ca-bundle.trust.p11-kit",
    "/usr/share/ca-certificates/trust-source/mozilla.trust.p11-kit",
    "/usr/share/pki/trust/ca-bundle.trust.p11-kit",
];
/// Variables that name a file of certificates for the user's programs.
const VARIABLES: [&str; 6] = [
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
];
/// The largest file of certificates, in bytes; the bundles of distributions have 300 KiB.
const MAX_BYTES: u64 = 4 << 20;
/// The largest number of files in a directory of certificates, and its depth.
const MAX_FILES: usize = 1000;
const MAX_DEPTH: usize = 3;

/// Reads the certificates that containers and image builds get.
pub(crate) fn certificates_of(env: &ProcessEnv, config: &Config) -> CertificateSet {
    match config.network_certificates.value {
        true => certificates(Path::new("/"), env),
        false => CertificateSet::default(),
    }
}

/// Reads the settings for a container that is about to be started, and warns about those that it
/// cannot get.
pub(crate) fn read(env: &ProcessEnv, config: &Config, reporter: &Reporter) -> HostNetwork {
    let mut network = HostNetwork::default();
    network.certificates = certificates_of(env, config);
    match network.certificates.omitted() {
        0 => {}
        omitted => reporter.warn(&format!(
            "the container does not trust {omitted} of the certificates that were added to \
             this machine: there are too many"
        )),
    }
    if config.network_proxies.value {
        network.proxies = proxies(env, reporter);
    }
    network
}

fn proxies(env: &ProcessEnv, reporter: &Reporter) -> ProxySettings {
    let mut issues = Vec::new();
    let mut proxies = ProxySettings::from_variables(|name| env.variables.text(name), &mut issues);
    if proxies.is_empty() && issues.is_empty() {
        let config = read_file(&env.layout.docker_config_file());
        proxies = ProxySettings::from_docker_config(&String::from_utf8_lossy(&config), &mut issues);
    }
    for issue in &issues {
        reporter.warn(&issue.to_string());
    }
    if !issues.is_empty() {
        reporter.say(
            "hint: use a proxy that other machines can reach, or pass none: `cai config set network.proxies false`",
        );
    }
    proxies
}

/// Returns the certificates that the machine and the user trust, without those of the distribution.
fn certificates(root: &Path, env: &ProcessEnv) -> CertificateSet {
    let below = |path: &str| root.join(path.trim_start_matches('/'));
    let mut found = Vec::new();
    for directory in ADDED {
        found.extend(read_tree(&below(directory)));
    }
    let selection = read_file(&below(SELECTION));
    for line in String::from_utf8_lossy(&selection).lines() {
        let is_comment = line.is_empty() || line.starts_with(['#', '!']);
        if !is_comment && !line.starts_with("mozilla/") && !line.contains("..") {
            found.extend(read_certificates(&below(PACKAGED).join(line)));
        }
    }
    let mut files: Vec<PathBuf> =
        VARIABLES.iter().filter_map(|name| env.variables.path(name)).collect();
    files.sort();
    files.dedup();
    for file in files {
        found.extend(read_certificates(&file));
    }
    if found.is_empty() {
        return CertificateSet::default();
    }
    let defaults = DISTRIBUTION.iter().flat_map(|path| {
        let path = below(path);
        if path.is_dir() { read_tree(&path) } else { read_certificates(&path) }
    });
    let mut set = CertificateSet::without(defaults.collect());
    set.extend(found);
    set
}

/// Reads all files below a directory, in the order of their names.
fn read_tree(directory: &Path) -> Vec<Certificate> {
    let mut files = Vec::new();
    list_files(directory, MAX_DEPTH, &mut files);
    files.iter().flat_map(|file| read_certificates(file)).collect()
}

fn list_files(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && depth > 0 {
            list_files(&path, depth - 1, files);
        } else if path.is_file() && files.len() < MAX_FILES {
            files.push(path);
        }
    }
}

fn read_certificates(path: &Path) -> Vec<Certificate> {
    Certificate::read_all(&read_file(path))
}

/// Reads a regular file; empty if there is none that can be read, or if it is too large.
fn read_file(path: &Path) -> Vec<u8> {
    let is_small = fs::metadata(path).is_ok_and(|it| it.is_file() && it.len() <= MAX_BYTES);
    if is_small { fs::read(path).unwrap_or_default() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn certificate(number: u8) -> Certificate {
        Certificate::read_all(&[0x30, 3, 0x30, 1, number]).remove(0)
    }

    #[test]
    fn added_certificates_are_found_without_those_of_the_distribution() -> crate::Result<()> {
        let root = tempfile::tempdir().expect("a directory");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, text).expect("a file");
        };
        let [one, two, three, four, five] = [1, 2, 3, 4, 5].map(|it| certificate(it).to_pem());
        write("usr/share/ca-certificates/mozilla/One.crt", &one);
        write("usr/share/ca-certificates/corp/Two.crt", &two);
        write("usr/share/ca-certificates/corp/Off.crt", &five);
        write("etc/ca-certificates.conf", "# c\nmozilla/One.crt\ncorp/Two.crt\n!corp/Off.crt\n");
        write("usr/local/share/ca-certificates/team/three.crt", &three);
        write("bundle.pem", &format!("{one}{four}{three}"));
        let bundle = root.path().join("bundle.pem").into_os_string();
        let variables: [(OsString, OsString); 2] =
            [("HOME".into(), "/home/me".into()), ("NODE_EXTRA_CA_CERTS".into(), bundle)];
        let env = ProcessEnv::from_vars(variables)?;
        let found = certificates(root.path(), &env);
        assert_eq!(found.to_pem(), format!("{three}{two}{four}"));
        assert!(certificates(&root.path().join("none"), &ProcessEnv::new("/home/me")).is_empty());
        Ok(())
    }
}
