//! A path argument of a copy.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// A path on this machine or in a container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Spot {
    /// A local path.
    Here(PathBuf),
    /// A path in a container.
    Inside {
        /// The container; `None` for the workspace's.
        container: Option<String>,
        /// The path, relative to the workspace, absolute, or `~/…`.
        path: OsString,
    },
}

/// The reason why a path argument is invalid.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpotError {
    /// The argument is empty.
    #[error("the path is empty")]
    Empty,
    /// The argument contains a NUL byte, which no path can contain.
    #[error("the path contains a NUL byte")]
    Nul,
    /// The container's name is not UTF-8.
    #[error("the container's name is not UTF-8")]
    Name,
}

impl Spot {
    /// Parses `NAME:path`, `:path` or a local path.
    ///
    /// As in `scp`, a colon separates only before the first slash: `./a:b` is a
    /// local path.
    ///
    /// # Errors
    ///
    /// - [`Empty`](PathArgError::Empty), [`Nul`](PathArgError::Nul): the path
    ///   is invalid.
    /// - [`Name`](PathArgError::Name): the container name is invalid.
    pub fn parse(text: &OsStr) -> Result<Self, SpotError> {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Err(SpotError::Empty);
        }
        if bytes.contains(&0) {
            return Err(SpotError::Nul);
        }
        let end = bytes.iter().position(|&byte| matches!(byte, b':' | b'/'));
        let Some(colon) = end.filter(|&at| bytes[at] == b':') else {
            return Ok(Self::Here(text.into()));
        };
        let name = std::str::from_utf8(&bytes[..colon]).map_err(|_| SpotError::Name)?;
        Ok(Self::Inside {
            container: Some(name.to_owned()).filter(|name| !name.is_empty()),
            path: OsString::from_vec(bytes[colon + 1..].to_vec()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(container: Option<&str>, path: &str) -> Result<Spot, SpotError> {
        Ok(Spot::Inside { container: container.map(str::to_owned), path: path.into() })
    }

    #[test]
    fn places() {
        let check = |text: &str, expected: Result<Spot, SpotError>| {
            assert_eq!(Spot::parse(text.as_ref()), expected, "{text}");
        };
        check("a", Ok(Spot::Here("a".into())));
        check("./a:b", Ok(Spot::Here("./a:b".into())));
        check("/a:b", Ok(Spot::Here("/a:b".into())));
        check(":", inside(None, ""));
        check(":a:b", inside(None, "a:b"));
        check(":/etc/", inside(None, "/etc/"));
        check("api-main:~/x", inside(Some("api-main"), "~/x"));
        check("", Err(SpotError::Empty));
        check(":a\0", Err(SpotError::Nul));
    }

    #[test]
    fn what_a_person_reads() {
        let samples = containai_core::samples!(SpotError {
            Empty: [SpotError::Empty],
            Nul: [SpotError::Nul],
            Name: [SpotError::Name],
        });
        insta::assert_snapshot!(containai_core::fake::worded(&samples));
    }
}
