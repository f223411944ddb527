//! What kind of place a file is in.

/// What kind of place a file is in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Settings that a person has written: a key's name is enough.
    Settings,
    /// What others have written, such as plugins: names of keys mean anything,
    /// so that only what looks like a secret is one.
    Packages,
}

/// Directories of what others have written.
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
/// What is a person's own wherever it is.
const OWN: &[&str] = &[".env", "mcp.json", ".mcp.json", "auth.json", ".npmrc", ".netrc", ".pypirc"];
/// Files that hold secrets and nothing else.
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
/// How names of such files end.
const STORE_ENDS: &[&str] =
    &[".p12", ".pfx", ".jks", ".kdbx", ".keystore", ".ppk", ".keytab", ".gpg-key"];

impl Place {
    /// Of a file, by its path below the home directory.
    pub(super) fn of(path: &str) -> Self {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_own = OWN.contains(&name) || name.starts_with(".env.") || name.ends_with(".env");
        match !is_own && directory.split('/').any(|part| PACKAGES.contains(&part)) {
            true => Self::Packages,
            false => Self::Settings,
        }
    }
}

/// Whether a file is nothing but a secret, by its name.
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
