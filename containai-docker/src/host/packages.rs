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
    /// Whether package lists were downloaded; without them, only installed packages are available.
    pub has_lists: bool,
}

/// The packages that setup passes to `apt-cache policy`.
pub(super) const QUERIED_PACKAGES: [&str; 11] = [
    "docker-ce",
    "docker-ce-cli",
    "docker.io",
    "docker-cli",
    "uidmap",
    "iptables",
    "iproute2",
    "lxcfs",
    "ca-certificates",
    "apparmor",
    "mmdebstrap",
];

/// Packages that every host needs.
const BASE: [&str; 4] = ["uidmap", "iptables", "iproute2", "ca-certificates"];

/// Docker's own packages, if its repository is configured.
const DOCKER_CE: [&str; 3] = ["docker-ce", "docker-ce-cli", "containerd.io"];
/// The distribution's package.
const DOCKER_IO: [&str; 1] = ["docker.io"];
/// The distribution's packages that conflict with [`DOCKER_CE`].
const DISTRIBUTION_ENGINE: [&str; 4] = ["docker.io", "docker-cli", "containerd", "runc"];

/// The packages that a host needs beyond those that every host needs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PackageNeeds {
    /// Needed if `dockerd` is missing.
    pub engine: PackageNeed,
    /// Needed if `docker` is missing, which clients run through ssh(1) to reach the engine. Debian
    /// 13 and later only recommend it.
    pub client: PackageNeed,
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
        write!(f, " {}", BASE.join(" "))?;
        let client = ("docker-cli", self.client);
        for (name, need) in self.optional().into_iter().chain([client]) {
            if need == PackageNeed::Needed {
                write!(f, " ({name} if available)")?;
            }
        }
        Ok(())
    }
}

impl PackageNeeds {
    /// Returns the packages without which the engine works. Base images are built with mmdebstrap
    /// if no registry can be reached.
    fn optional(&self) -> [(&'static str, PackageNeed); 3] {
        [("lxcfs", self.lxcfs), ("apparmor", self.apparmor), ("mmdebstrap", PackageNeed::Needed)]
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

/// Returns whether a package with the engine is available.
pub(super) fn has_engine(facts: &PackageFacts) -> bool {
    ["docker-ce", "docker.io"].iter().any(|name| facts.candidates.contains_key(*name))
}

/// Returns whether an optional package can be judged only with package lists, which are missing.
pub(super) fn needs_lists(facts: &PackageFacts, needs: PackageNeeds) -> bool {
    let lacks = |name: &str| !facts.installed.contains(name);
    !facts.has_lists
        && needs.optional().iter().any(|(name, need)| *need == PackageNeed::Needed && lacks(name))
}

/// Returns the packages to install, without those that are installed.
pub(super) fn choose_packages(facts: &PackageFacts, needs: PackageNeeds) -> Vec<String> {
    let available = |name: &str| facts.candidates.contains_key(name);
    let mut needed = Vec::new();
    if needs.engine == PackageNeed::Needed {
        needed.extend(if uses_vendor(facts) { DOCKER_CE.as_slice() } else { &DOCKER_IO });
    }
    if needs.client == PackageNeed::Needed {
        let name = if uses_vendor(facts) { "docker-ce-cli" } else { "docker-cli" };
        needed.extend(Some(name).filter(|name| available(name) && !needed.contains(name)));
    }
    needed.extend(BASE);
    let optional = needs.optional().into_iter();
    let optional = optional.filter(|(name, need)| *need == PackageNeed::Needed && available(name));
    needed.extend(optional.map(|(name, _)| name));
    needed.retain(|name| !facts.installed.contains(*name));
    needed.into_iter().map(str::to_owned).collect()
}

/// Returns whether the engine comes from Docker's own repository. The packages of the two sources
/// conflict, so those that are installed decide, even without the engine itself.
fn uses_vendor(facts: &PackageFacts) -> bool {
    let has_any = |names: &[&str]| names.iter().any(|name| facts.installed.contains(*name));
    let is_available = facts.candidates.contains_key("docker-ce");
    is_available && (has_any(&DOCKER_CE) || !has_any(&DISTRIBUTION_ENGINE))
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

    fn facts(policy: &str, installed: &str) -> PackageFacts {
        PackageFacts {
            installed: installed.split(' ').map(str::to_owned).collect(),
            candidates: parse_policy(policy),
            has_lists: true,
        }
    }

    const ALL: PackageNeeds = PackageNeeds {
        engine: PackageNeed::Needed,
        client: PackageNeed::Needed,
        lxcfs: PackageNeed::Needed,
        apparmor: PackageNeed::Needed,
    };
    const BASE_INSTALLED: &str = "uidmap iptables iproute2 ca-certificates";

    #[test]
    fn chooses_packages_from_candidates() {
        let check = |policy: &str, installed: &str, needs: PackageNeeds, expected: &str| {
            assert_eq!(choose_packages(&facts(policy, installed), needs).join(" "), expected);
        };
        check(POLICY, "", ALL, "docker.io uidmap iptables iproute2 ca-certificates lxcfs");
        check(POLICY, "iproute2 uidmap", ALL, "docker.io iptables ca-certificates lxcfs");
        check(
            "docker-ce:\n  Candidate: 5:29.0.0\n",
            "iproute2 iptables ca-certificates",
            ALL,
            "docker-ce docker-ce-cli containerd.io uidmap",
        );
        let none = PackageNeeds::default();
        check(POLICY, BASE_INSTALLED, none, "");
        check("mmdebstrap:\n  Candidate: 1.3.5\n", BASE_INSTALLED, none, "mmdebstrap");
    }

    /// Debian 13 recommends the client, and recommendations are not installed.
    #[test]
    fn client_is_installed_by_name() {
        let check = |policy: &str, installed: &str, engine: PackageNeed, expected: &str| {
            let installed = format!("{BASE_INSTALLED} {installed}");
            let needs =
                PackageNeeds { engine, client: PackageNeed::Needed, ..PackageNeeds::default() };
            assert_eq!(choose_packages(&facts(policy, &installed), needs).join(" "), expected);
        };
        let trixie = "docker.io:\n  Candidate: 26.1.5\ndocker-cli:\n  Candidate: 26.1.5\n";
        check(trixie, "", PackageNeed::Needed, "docker.io docker-cli");
        check(trixie, "docker.io", PackageNeed::NotNeeded, "docker-cli");
        check("docker.io:\n  Candidate: 20.10.24\n", "", PackageNeed::Needed, "docker.io");
    }

    /// apt would remove the user's packages of the other source.
    #[test]
    fn installed_packages_choose_the_source() {
        let both = "docker-ce:\n  Candidate: 5:29.0\ndocker-ce-cli:\n  Candidate: 5:29.0\n\
                    docker.io:\n  Candidate: 26.1.5\ndocker-cli:\n  Candidate: 26.1.5\n";
        let check = |policy: &str, installed: &str, expected: &str| {
            let installed = format!("{BASE_INSTALLED} {installed}");
            let needs = PackageNeeds {
                engine: PackageNeed::Needed,
                client: PackageNeed::when(!installed.contains("-cli")),
                ..PackageNeeds::default()
            };
            assert_eq!(choose_packages(&facts(policy, &installed), needs).join(" "), expected);
        };
        check(both, "", "docker-ce docker-ce-cli containerd.io");
        check(both, "containerd.io", "docker-ce docker-ce-cli");
        check(both, "docker-ce-cli containerd.io", "docker-ce");
        check(both, "containerd runc", "docker.io docker-cli");
        check(both, "docker-cli", "docker.io");
    }

    #[test]
    fn missing_lists_hide_optional_packages() {
        let check = |has_lists, installed: &str, expected: bool| {
            let facts = PackageFacts { has_lists, ..facts("", installed) };
            assert_eq!(needs_lists(&facts, PackageNeeds::default()), expected);
        };
        check(true, "", false);
        check(false, "", true);
        check(false, "mmdebstrap", false);
    }

    #[test]
    fn reads_dpkg() {
        let installed = parse_installed("apt installed\nold config-files\nhalf half-installed\n");
        assert_eq!(installed.into_iter().collect::<Vec<_>>(), ["apt"]);
    }
}
