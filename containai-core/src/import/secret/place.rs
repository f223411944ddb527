//! The origin of a file.

/// The origin of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Settings written by the user: the name of a key is sufficient.
    Settings,
    /// Files of third parties, such as plugins: key names are unreliable, so that only
    /// values that look like a secret are detected.
    Packages,
}

/// Directories of third-party files.
const PACKAGES: &[&str] = &[
    "node_modules",
    "extensions",
    "plugins",
    "bundle",
    "pack",
    "vendor",
    "site-packages",
    "dist",
    "cache",
    "marketplaces",
    "fonts",
    "themes",
    "skills",
    "lib",
    "objects",
    "autoload",
    "plugged",
    "lazy",
    "oh-my-zsh",
    "custom",
    "locales",
    "i18n",
    "syntaxes",
];
/// Files of the user in any directory.
const OWN: &[&str] = &[".env", "mcp.json", ".mcp.json", "auth.json", ".npmrc", ".netrc", ".pypirc"];
/// Files that contain nothing but secrets.
const STORES: &[&str] = &[
    ".netrc",
    "_netrc",
    ".git-credentials",
    ".pgpass",
    ".vault-token",
    ".credentials.json",
    "oauth_creds.json",
    "oauth-keys.env",
    ".htpasswd",
    "kdbx",
    "application_default_credentials.json",
];
/// Suffixes of such files.
const STORE_ENDS: &[&str] =
    &[".p12", ".pfx", ".jks", ".kdbx", ".keystore", ".ppk", ".keytab", ".gpg-key"];

impl Place {
    /// Returns the origin of a file by its path below the home directory.
    pub(super) fn of(path: &str) -> Self {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_own = OWN.contains(&name) || name.starts_with(".env.") || name.ends_with(".env");
        match !is_own && directory.split('/').any(|part| PACKAGES.contains(&part)) {
            true => Self::Packages,
            false => Self::Settings,
        }
    }
}

/// Returns whether a file contains nothing but secrets, by its name.
pub(super) fn is_store(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    STORES.contains(&name)
        || STORE_ENDS.iter().any(|end| name.ends_with(end))
        || path.contains(".gnupg/private-keys")
        || matches!(
            name,
            "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" | "id_ecdsa_sk" | "id_ed25519_sk"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        assert_eq!(Place::of(".claude/settings.json"), Place::Settings);
        assert_eq!(Place::of(".claude/plugins/cache/x/package.json"), Place::Packages);
        assert_eq!(Place::of(".claude/skills/x/.env"), Place::Settings);
        assert!(
            is_store(".netrc") && is_store("keys/id_ed25519") && !is_store("keys/id_ed25519.pub")
        );
    }
}
