//! Paths of the workspace on the host and in the container.

use std::fmt;

/// Finds the real path of a path of the host, without links; `None` if it does not exist.
pub type AcpRealPath<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Maps paths of the host to paths in the container and back.
///
/// Paths are compared by components, after `.` and `..` were removed from their text, so that a result
/// is always below the root. Links below a root are followed by the side that opens the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcpPathMap {
    roots: Vec<AcpRoot>,
}

/// A directory that both sides see.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AcpRoot {
    /// The real path on the host.
    host: String,
    /// The path that the editor uses for it, which may contain links.
    shown: String,
    /// The path in the container.
    inside: String,
}

impl AcpPathMap {
    /// Creates a map with one root: a path of the host, and its path in the container.
    #[must_use]
    pub fn new(host: &str, inside: &str) -> Self {
        Self { roots: Vec::new() }.with_root(host, inside)
    }

    /// Adds a root. If roots are nested, the longest one counts.
    #[must_use]
    pub fn with_root(mut self, host: &str, inside: &str) -> Self {
        let (host, inside) = (normalized_root(host), normalized_root(inside));
        self.roots.push(AcpRoot { shown: host.clone(), host, inside });
        self
    }

    /// Returns the path in the container; `None` if the path is not absolute or outside of every root.
    ///
    /// `real_path` is asked for paths outside only. If the editor reaches a root by a link, the map
    /// remembers that spelling, and later gives it back to the editor.
    pub fn to_inside(&mut self, path: &str, real_path: &AcpRealPath<'_>) -> Option<String> {
        let path = normalize(path)?;
        if let Some(found) = self.below_host(&path) {
            return Some(found);
        }
        let real = normalize(&real_path(&path)?)?;
        let (root, below) = self.longest(&real, |root| &root.host)?;
        let root = &mut self.roots[root];
        // A link to a file of the workspace is no other spelling of the root.
        let shown = path.strip_suffix(below).filter(|shown| !shown.is_empty());
        if let Some(shown) = shown.filter(|shown| real_path(shown).as_ref() == Some(&root.host)) {
            shown.clone_into(&mut root.shown);
        }
        Some(root.inside.clone() + below)
    }

    /// Returns the editor's path; `None` if the path is not absolute or outside of every root.
    #[must_use]
    pub fn to_host(&self, path: &str) -> Option<String> {
        let path = normalize(path)?;
        let (root, below) = self.longest(&path, |root| &root.inside)?;
        Some(self.roots[root].shown.clone() + below)
    }

    /// Whether the real path of one of the host's paths is below a root.
    #[must_use]
    pub fn has_real_path(&self, path: &str) -> bool {
        normalize(path).is_some_and(|path| self.longest(&path, |root| &root.host).is_some())
    }

    fn below_host(&self, path: &str) -> Option<String> {
        let real = self.longest(path, |root| &root.host);
        let shown = self.longest(path, |root| &root.shown);
        let (root, below) = match (real, shown) {
            // The shorter rest belongs to the longer root.
            (Some(real), Some(shown)) if shown.1.len() < real.1.len() => shown,
            (real, shown) => real.or(shown)?,
        };
        Some(self.roots[root].inside.clone() + below)
    }

    /// Returns the index of the longest root that contains the path, and the rest of the path, which
    /// starts with `/` or is empty.
    fn longest<'p>(
        &self,
        path: &'p str,
        side: impl Fn(&AcpRoot) -> &String,
    ) -> Option<(usize, &'p str)> {
        let below = |root: &str| {
            path.strip_prefix(root).filter(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let roots = self.roots.iter().enumerate();
        let found = roots.filter_map(|(at, root)| Some((at, below(side(root))?)));
        found.min_by_key(|(_, rest)| rest.len())
    }

    /// The host's paths of all roots.
    pub(super) fn host_roots(&self) -> String {
        self.list(|root| &root.shown)
    }

    /// The container's paths of all roots.
    pub(super) fn inside_roots(&self) -> String {
        self.list(|root| &root.inside)
    }

    fn list(&self, side: impl Fn(&AcpRoot) -> &String) -> String {
        let roots: Vec<_> = self.roots.iter().map(|root| side(root).as_str()).collect();
        roots.join("`, `")
    }
}

impl fmt::Display for AcpPathMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, AcpRoot { shown, inside, .. }) in self.roots.iter().enumerate() {
            let separator = if at > 0 { ", " } else { "" };
            write!(f, "{separator}`{shown}` is `{inside}`")?;
        }
        Ok(())
    }
}

fn normalized_root(path: &str) -> String {
    let path = normalize(path).unwrap_or_else(|| path.to_owned());
    path.trim_end_matches('/').to_owned()
}

/// Removes `.`, `..` and empty components; `None` for a relative path, and for one with a NUL byte.
fn normalize(path: &str) -> Option<String> {
    if !path.starts_with('/') || path.contains('\0') {
        return None;
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INSIDE: &str = "/home/agent/workspace";

    fn map() -> AcpPathMap {
        AcpPathMap::new("/src/api", INSIDE).with_root("/src/api/lib/", "/lib")
    }

    #[test]
    fn longest_root_counts_in_both_directions() {
        let none = |_: &str| None;
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(map().to_inside(path, &none).as_deref(), expected, "{path}");
        };
        check("/src/api", Some(INSIDE));
        check("/src/api/", Some(INSIDE));
        check("/src/api/a//./b/../c", Some("/home/agent/workspace/a/c"));
        check("/src/api/lib/x", Some("/lib/x"));
        check("/src/api/libx", Some("/home/agent/workspace/libx"));
        check("/src/api/../../etc/passwd", None);
        check("/src/apiary", None);
        check("/src", None);
        check("src/api", None);
        check("/src/api/\0", None);
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(map().to_host(path).as_deref(), expected, "{path}");
        };
        check("/home/agent/workspace/lib/x", Some("/src/api/lib/x"));
        check("/lib/x", Some("/src/api/lib/x"));
        check("/home/agent/workspace/../.ssh", None);
        check("/home/agent/workspace", Some("/src/api"));
        check("/etc/passwd", None);
    }

    #[test]
    fn spelling_of_a_linked_root_is_kept() {
        let real = |path: &str| path.strip_prefix("/link").map(|rest| format!("/src/api{rest}"));
        let mut map = AcpPathMap::new("/src/api", INSIDE);
        assert_eq!(map.to_inside("/link/a", &real).as_deref(), Some("/home/agent/workspace/a"));
        assert_eq!(map.to_host("/home/agent/workspace/b").as_deref(), Some("/link/b"));
        // The file does not exist.
        let none = |_: &str| None;
        assert_eq!(map.to_inside("/link/n", &none).as_deref(), Some("/home/agent/workspace/n"));
        assert_eq!(map.to_inside("/src/api/n", &none).as_deref(), Some("/home/agent/workspace/n"));
        assert!(map.has_real_path("/src/api/b") && !map.has_real_path("/etc"));
        // A single file elsewhere that is a link into the workspace does not rename the root.
        let real = |_: &str| Some("/src/api/b".to_owned());
        assert_eq!(map.to_inside("/tmp/b", &real).as_deref(), Some("/home/agent/workspace/b"));
        assert_eq!(map.to_host(INSIDE).as_deref(), Some("/link"));
    }

    proptest! {
        #[test]
        fn results_stay_below_a_root(path in "(/|\\.|\\.\\.|a|lib|src/api|home/agent/workspace|é|\\PC){0,8}") {
            let real = |path: &str| Some(path.to_owned());
            if let Some(inside) = map().to_inside(&path, &real) {
                prop_assert!(inside.starts_with(INSIDE) || inside.starts_with("/lib"));
                prop_assert!(!inside.split('/').any(|part| part == ".."));
                let host = map().to_host(&inside);
                prop_assert!(host.is_some_and(|host| host.starts_with("/src/api")));
            }
        }
    }
}
