//! The origin of a file.

/// The origin of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FileOrigin {
    /// Settings written by the user: the name of a key is sufficient.
    UserSettings,
    /// Files of third parties, such as plugins: key names are unreliable, so that only
    /// values that look like a secret are detected.
    ThirdParty,
}

/// Directories of third-party files.
const THIRD_PARTY_DIRS: &[&str] = &[
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
const USER_FILES: &[&str] =
    &[".env", "mcp.json", ".mcp.json", "auth.json", ".npmrc", ".netrc", ".pypirc"];
/// Files that contain nothing but secrets.
const SECRET_STORES: &[&str] = &[
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
const SECRET_STORE_SUFFIXES: &[&str] =
    &[".p12", ".pfx", ".jks", ".kdbx", ".keystore", ".ppk", ".keytab", ".gpg-key"];

impl FileOrigin {
    /// Returns the origin of a file by its path below the home directory.
    pub(super) fn of(path: &str) -> Self {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_own =
            USER_FILES.contains(&name) || name.starts_with(".env.") || name.ends_with(".env");
        match !is_own && directory.split('/').any(|part| THIRD_PARTY_DIRS.contains(&part)) {
            true => Self::ThirdParty,
            false => Self::UserSettings,
        }
    }
}

/// Returns whether a file contains nothing but secrets, by its name.
pub(super) fn is_secret_store(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    SECRET_STORES.contains(&name)
        || SECRET_STORE_SUFFIXES.iter().any(|end| name.ends_with(end))
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
    fn origins_of_files() {
        assert_eq!(FileOrigin::of(".claude/settings.json"), FileOrigin::UserSettings);
        assert_eq!(FileOrigin::of(".claude/plugins/cache/x/package.json"), FileOrigin::ThirdParty);
        assert_eq!(FileOrigin::of(".claude/skills/x/.env"), FileOrigin::UserSettings);
        assert!(
            is_secret_store(".netrc")
                && is_secret_store("keys/id_ed25519")
                && !is_secret_store("keys/id_ed25519.pub")
        );
    }
}
