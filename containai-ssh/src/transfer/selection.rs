//! The selected part of a tree.

use std::collections::BTreeSet;
use std::ops::Bound;

/// The selected part of a tree, by paths below its root.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Selection {
    /// The whole tree.
    Everything,
    /// These files and links, and these directories with their contents.
    Only {
        /// Paths of files and links.
        files: BTreeSet<Vec<u8>>,
        /// Paths of directories.
        trees: BTreeSet<Vec<u8>>,
    },
}

impl Selection {
    /// Whether a file or link is selected.
    pub(super) fn has_file(&self, path: &[u8]) -> bool {
        match self {
            Self::Everything => true,
            Self::Only { files, .. } => files.contains(path) || self.is_in_selected_tree(path),
        }
    }

    /// Whether anything in a directory is selected.
    pub(super) fn has_any_below(&self, directory: &[u8]) -> bool {
        let Self::Only { files, trees } = self else { return true };
        let inside = [directory, b"/"].concat();
        let has_below = |paths: &BTreeSet<Vec<u8>>| {
            let range = (Bound::Excluded(inside.clone()), Bound::Unbounded);
            paths.range(range).next().is_some_and(|path| path.starts_with(&inside))
        };
        self.is_in_selected_tree(directory) || has_below(files) || has_below(trees)
    }

    fn is_in_selected_tree(&self, path: &[u8]) -> bool {
        let Self::Only { trees, .. } = self else { return true };
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        ends.chain([path.len()]).any(|end| trees.contains(&path[..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_files_and_trees() {
        let paths = |list: &[&str]| list.iter().map(|path| path.as_bytes().to_vec()).collect();
        let files = paths(&["a/b/c", "d"]);
        let part = Selection::Only { files, trees: paths(&[".git", "x/y"]) };
        for path in ["a/b/c", "d", ".git/config", ".git/a/b", "x/y/z"] {
            assert!(part.has_file(path.as_bytes()), "{path}");
        }
        for path in ["a/b/d", "a/b", "e", ".gitignore", "x/z", "a/b/c/d"] {
            assert!(!part.has_file(path.as_bytes()), "{path}");
        }
        for (path, expected) in [
            ("a", true),
            ("a/b", true),
            ("d", false),
            (".git", true),
            (".git/a", true),
            ("x", true),
            ("z", false),
        ] {
            assert_eq!(part.has_any_below(path.as_bytes()), expected, "{path}");
        }
    }
}
