//! The state of a directory tree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The files and links of a tree by path relative to its root, with `/` as separator. Paths that
/// are not UTF-8 are omitted.
pub type TreeState = BTreeMap<String, TreeItem>;

/// An item of a tree.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TreeItem {
    /// A regular file.
    File {
        /// The SHA-256 of the content, in hexadecimal.
        hash: String,
        /// Whether the owner may execute it; other mode bits are ignored.
        executable: bool,
    },
    /// A symbolic link.
    Link {
        /// The target.
        #[serde(rename = "to")]
        target: String,
    },
}

/// Whether the path is inside a git directory: one component is `.git`, compared
/// case-insensitively, since some file systems ignore case.
///
/// Git executes hooks and commands from its configuration on the machine that runs it. Files that a
/// container wrote there must never reach the host.
#[must_use]
pub fn is_git_path(path: &str) -> bool {
    path.split('/').any(|name| name.eq_ignore_ascii_case(".git"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_git_directories_are_recognised() {
        for path in [".git/hooks/pre-commit", ".GIT/config", "sub/.git", ".git"] {
            assert!(is_git_path(path), "{path}");
        }
        for path in [".gitignore", "a/.github/workflows", "git", "x.git/y"] {
            assert!(!is_git_path(path), "{path}");
        }
    }
}
