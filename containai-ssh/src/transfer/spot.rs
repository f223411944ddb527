//! What a person types for a place to copy from or to.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// A place here or in a container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Spot {
    /// A path of this machine.
    Here(PathBuf),
    /// A path in a container.
    Inside {
        /// The container; `None` for the workspace's.
        container: Option<String>,
        /// The path, relative to the workspace, absolute, or `~/…`.
        path: OsString,
    },
}

/// Text names no place.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpotError {
    /// There is no text.
    #[error("the path is empty")]
    Empty,
    /// The text holds a NUL byte, which no path can.
    #[error("the path holds a NUL byte")]
    Nul,
    /// The container's name is not text.
    #[error("the container's name is not UTF-8")]
    Name,
}

impl Spot {
    /// Reads `NAME:path`, `:path` or a path of this machine.
    ///
    /// As for `scp`, a colon counts only before the first slash: `./a:b` is a
    /// path of this machine.
    ///
    /// # Errors
    ///
    /// - [`Empty`](SpotError::Empty), [`Nul`](SpotError::Nul): there is no such
    ///   path.
    /// - [`Name`](SpotError::Name): no container is called like that.
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
