//! Paths of members.

use super::error::{ArchiveError, escape_path};

/// The maximum length of a path and of one component on Linux (`PATH_MAX` without its NUL byte,
/// `NAME_MAX`).
const MAX_LENGTHS: (usize, usize) = (4095, 255);

/// A path relative to the root of a volume: components of arbitrary bytes, separated by single
/// slashes. Empty for the root.
///
/// It is never absolute and contains neither `..` nor NUL bytes.
///
/// ```
/// use containai_core::archive::MemberPath;
/// assert_eq!(MemberPath::parse(b"./a//b/").unwrap().as_bytes(), b"a/b");
/// assert!(MemberPath::parse(b"a/../../b").is_err());
/// ```
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MemberPath(Vec<u8>);

impl MemberPath {
    /// Parses the path of a member.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Refused`] for a path that points, or may point, outside the volume.
    pub fn parse(path: &[u8]) -> Result<Self, ArchiveError> {
        let refused = |reason| Err(ArchiveError::refused(path, reason));
        if path.len() > MAX_LENGTHS.0 {
            return Err(ArchiveError::refused(
                &path[..64],
                "(truncated) exceeds the maximum path length",
            ));
        }
        if path.starts_with(b"/") {
            return refused("is absolute");
        }
        if path.contains(&0) {
            return refused("contains a NUL byte");
        }
        let mut kept = Vec::with_capacity(path.len());
        for name in path.split(|&byte| byte == b'/') {
            match name {
                b"" | b"." => continue,
                b".." => return refused("contains `..`"),
                name if name.len() > MAX_LENGTHS.1 => {
                    return refused("has a component that is too long");
                }
                _ if kept.is_empty() => {}
                _ => kept.push(b'/'),
            }
            kept.extend(name);
        }
        Ok(Self(kept))
    }

    /// Returns the bytes; empty for the root.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is the root of the volume.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the bytes of the parent directory; empty for entries of the root.
    #[must_use]
    pub fn parent(&self) -> &[u8] {
        let end = self.0.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        &self.0[..end]
    }

    /// Returns the bytes of the last component; empty for the root.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.0.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
    }

    /// Returns the path with control characters escaped, for messages.
    #[must_use]
    pub fn display(&self) -> String {
        escape_path(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_outside_the_volume_are_refused() {
        let check = |path: &[u8], expected: &str| {
            let shown = match MemberPath::parse(path) {
                Ok(path) => path.display(),
                Err(error) => error.to_string(),
            };
            assert_eq!(shown, expected, "{path:?}");
        };
        check(b"./", "");
        check(b"./a/./b//c/", "a/b/c");
        check(b"...", "...");
        check(b"a\xff", "a\u{fffd}");
        check(b"/etc/passwd", "refusing the archive: `/etc/passwd` is absolute");
        check(b"a/..", "refusing the archive: `a/..` contains `..`");
        check(b"a\0b", "refusing the archive: `a\\0b` contains a NUL byte");
        assert!(MemberPath::parse(&[b'a'; 256]).is_err());
        assert!(MemberPath::parse(&b"a/".repeat(2048)).is_err());
    }

    proptest! {
        #[test]
        fn accepted_paths_stay_below_the_root(path in prop::collection::vec(
            prop_oneof![3 => prop::sample::select(b"./a\0\n".to_vec()), 1 => any::<u8>()], 0..40,
        )) {
            if let Ok(taken) = MemberPath::parse(&path) {
                for name in taken.as_bytes().split(|&byte| byte == b'/').filter(|_| !taken.is_root()) {
                    prop_assert!(!matches!(name, b"" | b"." | b".."));
                }
                let again = MemberPath::parse(taken.as_bytes()).ok();
                prop_assert_eq!(again, Some(taken));
            }
        }
    }
}
