//! Paths of the host that no container gets.

use std::fmt;
use std::path::{Path, PathBuf};

/// A path of the host that no container gets, unless a person insists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProtectedPath {
    /// Where it is; absolute.
    pub path: PathBuf,
    /// What it is, for people: `SSH keys`.
    pub what: &'static str,
    /// What of it is protected.
    pub coverage: Coverage,
}

/// What of a protected path is protected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Coverage {
    /// The path itself; what lies below it is ordinary.
    Itself,
    /// The path and everything below it.
    Tree,
}

impl ProtectedPath {
    /// Whether a container would get at it that has `mount`, a path without
    /// links: it is that path, lies below it, or is a tree around it.
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
    fn keys_and_what_holds_them_stay() {
        let protected =
            |path: &str, coverage| ProtectedPath { path: path.into(), what: "it", coverage };
        let all =
            [protected("/home/me", Coverage::Itself), protected("/home/me/.ssh", Coverage::Tree)];
        let is_free = |path: &str| !all.iter().any(|it| it.is_exposed_by(Path::new(path)));
        for path in ["/home/me/src", "/home/me/.sshx", "/home/you", "/srv", "/home/me/a/.ssh"] {
            assert!(is_free(path), "{path}");
        }
        for path in ["/", "/home", "/home/me", "/home/me/.ssh", "/home/me/.ssh/id_rsa"] {
            assert!(!is_free(path), "{path}");
        }
    }
}
