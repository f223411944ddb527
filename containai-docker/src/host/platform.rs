//! The platform of the host.

use std::fmt;

/// The platform of the host, as far as setup distinguishes it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Platform {
    /// Debian, Ubuntu, or a distribution with one of them in `ID_LIKE`.
    Debian,
    /// Another Linux distribution, with its name.
    OtherLinux(String),
    /// Windows Subsystem for Linux 2.
    Wsl2,
    /// macOS.
    MacOs,
}

impl Platform {
    /// Parses the contents of `/etc/os-release` (os-release(5)) and `/proc/version`; a missing file
    /// is an empty string.
    pub fn of_linux(os_release: &str, proc_version: &str) -> Self {
        if proc_version.to_ascii_lowercase().contains("microsoft") {
            return Self::Wsl2;
        }
        let id = os_release_value(os_release, "ID");
        let like = os_release_value(os_release, "ID_LIKE");
        let family = id.split(' ').chain(like.split(' '));
        if family.into_iter().any(|name| matches!(name, "debian" | "ubuntu")) {
            return Self::Debian;
        }
        let name = os_release_value(os_release, "PRETTY_NAME");
        Self::OtherLinux(if name.is_empty() { "this Linux".to_owned() } else { name.to_owned() })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Debian => f.write_str("Debian or Ubuntu"),
            Self::OtherLinux(name) => f.write_str(name),
            Self::Wsl2 => f.write_str("WSL2"),
            Self::MacOs => f.write_str("macOS"),
        }
    }
}

fn os_release_value<'a>(os_release: &'a str, key: &str) -> &'a str {
    os_release
        .lines()
        .filter_map(|line| line.trim().split_once('='))
        .find(|(name, _)| *name == key)
        .map_or("", |(_, value)| value.trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_distribution_family() {
        let check = |os_release: &str, version: &str, expected: Platform| {
            assert_eq!(Platform::of_linux(os_release, version), expected, "{os_release}");
        };
        check("ID=debian\n", "Linux version 6.1", Platform::Debian);
        check("ID=ubuntu\nID_LIKE=debian\n", "", Platform::Debian);
        check("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "", Platform::Debian);
        check(
            "ID=fedora\nPRETTY_NAME=\"Fedora Linux 42\"\n",
            "",
            Platform::OtherLinux("Fedora Linux 42".into()),
        );
        check("", "", Platform::OtherLinux("this Linux".into()));
        check("ID=ubuntu\n", "Linux version 5.15.90.1-microsoft-standard-WSL2", Platform::Wsl2);
    }
}
