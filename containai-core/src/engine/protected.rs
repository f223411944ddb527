//! Host paths that must not be mounted.

use std::fmt;
use std::path::{Path, PathBuf};

/// A host path that no container may mount unless the user confirms it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProtectedPath {
    /// The absolute path.
    pub path: PathBuf,
    /// The description for messages: `SSH keys`.
    pub what: &'static str,
    /// The protected part.
    pub coverage: Coverage,
}

/// The protected part of a path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Coverage {
    /// The path itself, not its content.
    PathOnly,
    /// The path and its content.
    Tree,
}

impl ProtectedPath {
    /// Whether mounting `mount`, a path without symbolic links, exposes the path: it is that path,
    /// inside it, or one of its parents.
    #[must_use]
    pub fn is_exposed_by(&self, mount: &Path) -> bool {
        let is_around = self.coverage == Coverage::Tree && mount.starts_with(&self.path);
        is_around || self.path.starts_with(mount)
    }
}

impl fmt::Display for ProtectedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (`{}`)", self.what, self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protected_paths_and_their_parents_are_refused() {
        let protected =
            |path: &str, coverage| ProtectedPath { path: path.into(), what: "it", coverage };
        let all =
            [protected("/home/me", Coverage::PathOnly), protected("/home/me/.ssh", Coverage::Tree)];
        let is_free = |path: &str| !all.iter().any(|it| it.is_exposed_by(Path::new(path)));
        for path in ["/home/me/src", "/home/me/.sshx", "/home/you", "/srv", "/home/me/a/.ssh"] {
            assert!(is_free(path), "{path}");
        }
        for path in ["/", "/home", "/home/me", "/home/me/.ssh", "/home/me/.ssh/id_rsa"] {
            assert!(!is_free(path), "{path}");
        }
    }
}
