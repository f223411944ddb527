//! Choice of packages to install.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Installed and available packages, as apt reports them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PackageFacts {
    /// The names of the installed packages.
    pub installed: BTreeSet<String>,
    /// Candidate version by package name, for the queried packages that are available.
    pub candidates: BTreeMap<String, String>,
}

/// The packages that setup passes to `apt-cache policy`.
pub(super) const QUERIED_PACKAGES: [&str; 9] = [
    "docker-ce",
    "docker.io",
    "uidmap",
    "iptables",
    "iproute2",
    "lxcfs",
    "ca-certificates",
    "apparmor",
    "passwd",
];

/// Docker's own packages, if its repository is configured.
const DOCKER_CE: [&str; 3] = ["docker-ce", "docker-ce-cli", "containerd.io"];
/// The distribution's package.
const DOCKER_IO: [&str; 1] = ["docker.io"];

/// The packages that a host needs beyond those that every host needs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PackageNeeds {
    /// Needed if `dockerd` is missing.
    pub engine: PackageNeed,
    /// Needed if `/dev/fuse` exists, which lxcfs requires.
    pub lxcfs: PackageNeed,
    /// Needed if the kernel enforces AppArmor: the engine requires its parser.
    pub apparmor: PackageNeed,
}

impl fmt::Display for PackageNeeds {
    /// Formats the command for a dry run before the package lists exist.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("apt-get install")?;
        if self.engine == PackageNeed::Needed {
            f.write_str(" (docker-ce docker-ce-cli containerd.io, else docker.io)")?;
        }
        f.write_str(" uidmap iptables iproute2 ca-certificates")?;
        for (name, need) in [("lxcfs", self.lxcfs), ("apparmor", self.apparmor)] {
            if need == PackageNeed::Needed {
                write!(f, " ({name} if available)")?;
            }
        }
        Ok(())
    }
}

/// Whether a package is needed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PackageNeed {
    /// It is installed, or the host has no use for it.
    #[default]
    NotNeeded,
    /// It must be installed.
    Needed,
}

impl PackageNeed {
    /// Returns [`PackageNeed::Needed`] if `condition` holds.
    pub fn when(condition: bool) -> Self {
        if condition { Self::Needed } else { Self::NotNeeded }
    }
}

/// Returns the packages to install, without those that are installed.
pub(super) fn choose_packages(facts: &PackageFacts, needs: PackageNeeds) -> Vec<String> {
    let mut needed = Vec::new();
    if needs.engine == PackageNeed::Needed {
        let vendor = facts.candidates.contains_key("docker-ce");
        needed.extend(if vendor { DOCKER_CE.as_slice() } else { DOCKER_IO.as_slice() });
    }
    needed.extend(["uidmap", "iptables", "iproute2", "ca-certificates"]);
    let optional = [("lxcfs", needs.lxcfs), ("apparmor", needs.apparmor)];
    let available = optional.into_iter().filter(|(name, need)| {
        *need == PackageNeed::Needed && facts.candidates.contains_key(*name)
    });
    needed.extend(available.map(|(name, _)| name));
    needed.retain(|name| !facts.installed.contains(*name));
    needed.into_iter().map(str::to_owned).collect()
}

/// Parses `apt-cache policy NAME...`: a package without a candidate has `(none)`.
pub(super) fn parse_policy(output: &str) -> BTreeMap<String, String> {
    let mut package = "";
    let mut candidates = BTreeMap::new();
    for line in output.lines() {
        if let Some(name) = line.strip_suffix(':').filter(|name| !name.starts_with(' ')) {
            package = name;
        } else if let Some(version) = line.trim().strip_prefix("Candidate: ")
            && version != "(none)"
        {
            candidates.insert(package.to_owned(), version.to_owned());
        }
    }
    candidates
}

/// Parses `dpkg-query -W -f '${Package} ${db:Status-Status}\n'`.
pub(super) fn parse_installed(output: &str) -> BTreeSet<String> {
    output
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, status)| *status == "installed")
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "\
docker-ce:
  Installed: (none)
  Candidate: (none)
  Version table:
docker.io:
  Installed: (none)
  Candidate: 20.10.24+dfsg1-1+deb12u1+b6
  Version table:
     20.10.24+dfsg1-1+deb12u1+b6 500
        500 http://deb.debian.org/debian bookworm/main amd64 Packages
lxcfs:
  Installed: (none)
  Candidate: 5.0.3-1+deb12u1
";

    #[test]
    fn chooses_packages_from_candidates() {
        let check = |policy: &str, installed: &str, needs: PackageNeeds, expected: &str| {
            let facts = PackageFacts {
                installed: installed.split(' ').map(str::to_owned).collect(),
                candidates: parse_policy(policy),
            };
            assert_eq!(choose_packages(&facts, needs).join(" "), expected);
        };
        let all = PackageNeeds {
            engine: PackageNeed::Needed,
            lxcfs: PackageNeed::Needed,
            apparmor: PackageNeed::Needed,
        };
        check(POLICY, "", all, "docker.io uidmap iptables iproute2 ca-certificates lxcfs");
        check(POLICY, "iproute2 uidmap", all, "docker.io iptables ca-certificates lxcfs");
        check(
            "docker-ce:\n  Candidate: 5:29.0.0\n",
            "iproute2 iptables ca-certificates",
            all,
            "docker-ce docker-ce-cli containerd.io uidmap",
        );
        let none = PackageNeeds::default();
        check(POLICY, "uidmap iptables iproute2 ca-certificates", none, "");
    }

    #[test]
    fn reads_dpkg() {
        let installed = parse_installed("apt installed\nold config-files\nhalf half-installed\n");
        assert_eq!(installed.into_iter().collect::<Vec<_>>(), ["apt"]);
    }
}
