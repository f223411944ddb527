//! Paths that a stranger wrote into an archive.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::source::show;

/// The longest path and the longest name that Linux takes.
const LONGEST: (usize, usize) = (4095, 255);

/// A path below the directory that an archive is unpacked in.
///
/// It has no `..`, does not begin at the root and holds no NUL byte; `.` and
/// doubled slashes are gone. Without components it is the directory itself.
///
/// ```
/// use containai_ssh::transfer::EntryPath;
/// assert_eq!(EntryPath::parse(b"./a//b/").unwrap().components(), ["a", "b"]);
/// assert!(EntryPath::parse(b"a/../../b").is_err());
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct EntryPath(Vec<OsString>);

/// A path in an archive leads, or may lead, outside.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryPathError {
    /// It begins with a slash.
    #[error("`{path}` is absolute")]
    Absolute {
        /// The path, escaped.
        path: String,
    },
    /// It has a component `..`.
    #[error("`{path}` leads upwards")]
    Upwards {
        /// The path, escaped.
        path: String,
    },
    /// It holds a NUL byte.
    #[error("`{path}` holds a NUL byte")]
    Nul {
        /// The path, escaped.
        path: String,
    },
    /// It, or a component of it, is longer than the system takes.
    #[error("a path of {length} bytes is too long")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
}

impl EntryPath {
    /// Takes a path as an archive has it.
    ///
    /// # Errors
    ///
    /// One variant for each rule that is broken.
    pub fn parse(path: &[u8]) -> Result<Self, EntryPathError> {
        let (longest, longest_name) = LONGEST;
        if path.len() > longest {
            return Err(EntryPathError::TooLong { length: path.len() });
        }
        if path.contains(&0) {
            return Err(EntryPathError::Nul { path: show(path) });
        }
        if path.starts_with(b"/") {
            return Err(EntryPathError::Absolute { path: show(path) });
        }
        let mut components = Vec::new();
        for component in path.split(|&byte| byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." => return Err(EntryPathError::Upwards { path: show(path) }),
                name if name.len() > longest_name => {
                    return Err(EntryPathError::TooLong { length: name.len() });
                }
                name => components.push(OsString::from_vec(name.to_vec())),
            }
        }
        Ok(Self(components))
    }

    /// Its components, outermost first.
    #[must_use]
    pub fn components(&self) -> &[OsString] {
        &self.0
    }

    /// The components of its directory, and its name; `None` for the directory
    /// that everything is unpacked in.
    #[must_use]
    pub fn split(&self) -> Option<(&[OsString], &OsStr)> {
        let (name, parents) = self.0.split_last()?;
        Some((parents, name))
    }

    /// The path for a message.
    pub(super) fn show(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|name| show(name.as_bytes())).collect();
        names.join("/")
    }

    /// How many bytes it keeps, roughly.
    pub(super) fn weight(&self) -> usize {
        self.0.iter().map(|name| name.len() + 32).sum::<usize>() + 64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_that_lead_outside_are_refused() {
        let check = |path: &str, expected: &str| {
            let shown = match EntryPath::parse(path.as_bytes()) {
                Ok(path) => format!("{:?}", path.components()),
                Err(error) => error.to_string(),
            };
            assert_eq!(shown, expected, "{path:?}");
        };
        check("./", "[]");
        check("./a/./b//c/", r#"["a", "b", "c"]"#);
        check("...", r#"["..."]"#);
        check("a\nb", r#"["a\nb"]"#);
        check("/etc/passwd", "`/etc/passwd` is absolute");
        check("a/..", "`a/..` leads upwards");
        check("..", "`..` leads upwards");
        check("a\0b", "`a\\u{0}b` holds a NUL byte");
        check(&"a".repeat(256), "a path of 256 bytes is too long");
        check(&"a/".repeat(2048), "a path of 4096 bytes is too long");
    }

    proptest! {
        #[test]
        fn what_is_taken_stays_below(path in prop::collection::vec(
            prop_oneof![3 => prop::sample::select(b"./a\0\n".to_vec()), 1 => any::<u8>()], 0..40,
        )) {
            if let Ok(taken) = EntryPath::parse(&path) {
                for name in taken.components() {
                    let name = name.as_bytes();
                    prop_assert!(!matches!(name, b"" | b"." | b".."));
                    prop_assert!(!name.contains(&b'/') && !name.contains(&0));
                }
                prop_assert!(!path.starts_with(b"/"));
            }
        }
    }

    #[test]
    fn what_a_person_reads() {
        let samples = containai_core::samples!(EntryPathError {
            Absolute: [EntryPathError::Absolute { path: "/etc/passwd".into() }],
            Upwards: [EntryPathError::Upwards { path: "a/../../b".into() }],
            Nul: [EntryPathError::Nul { path: "a\\0b".into() }],
            TooLong: [EntryPathError::TooLong { length: 4097 }],
        });
        insta::assert_snapshot!(containai_core::fake::worded(&samples));
    }
}
