//! Places that a link never leads an import to.

use super::file_origin::is_secret_store;

/// Directories and files of a home directory with secrets, or with more than settings.
const PRIVATE: [&str; 18] = [
    ".ssh",
    ".gnupg",
    ".pki",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".password-store",
    ".mozilla",
    ".thunderbird",
    ".config/gcloud",
    ".config/google-chrome",
    ".config/chromium",
    ".config/op",
    ".config/rclone",
    ".config/gh/hosts.yml",
    ".local/share/keyrings",
    ".local/share/containai",
];

/// Returns whether a path below the home directory is a place of secrets: a link to it is not
/// followed, wherever it is.
#[must_use]
pub fn is_private_path(path: &str) -> bool {
    let is_below = |place: &&str| {
        path.strip_prefix(*place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_secret_store(path) || PRIVATE.iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_secrets() {
        for (path, expected) in [
            (".ssh", true),
            (".ssh/config", true),
            (".sshx/config", false),
            ("backup/id_ed25519", true),
            (".config/gcloud/credentials.db", true),
            ("dotfiles/zshrc", false),
            ("", false),
        ] {
            assert_eq!(is_private_path(path), expected, "{path}");
        }
    }
}
