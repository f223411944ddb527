//! What is in a tree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The files and links of a tree by their paths below its root, `/` between
/// names. Paths that are not UTF-8 are in no inventory.
pub type Inventory = BTreeMap<String, Item>;

/// What a path is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Item {
    /// A regular file.
    File {
        /// The SHA-256 of its content, in hexadecimal digits.
        hash: String,
        /// Whether its owner may execute it; no other bit of the mode counts.
        executable: bool,
    },
    /// A symbolic link.
    Link {
        /// Where it leads.
        to: String,
    },
}

/// Whether a path is git's own: some name in it is `.git`, in whatever case,
/// because some file systems do not care.
///
/// Git runs hooks and what its configuration names on the machine where it is
/// called, so what a container wrote there must never get to the host.
#[must_use]
pub fn is_private(path: &str) -> bool {
    path.split('/').any(|name| name.eq_ignore_ascii_case(".git"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_executes_is_private() {
        for path in [".git/hooks/pre-commit", ".GIT/config", "sub/.git", ".git"] {
            assert!(is_private(path), "{path}");
        }
        for path in [".gitignore", "a/.github/workflows", "git", "x.git/y"] {
            assert!(!is_private(path), "{path}");
        }
    }
}
