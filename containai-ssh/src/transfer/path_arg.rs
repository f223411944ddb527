//! A path argument of a copy.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// A path on this machine or in a container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PathArg {
    /// A local path.
    Local(PathBuf),
    /// A path in a container.
    Remote {
        /// The container; `None` for the workspace's.
        container: Option<String>,
        /// The path, relative to the workspace, absolute, or `~/…`.
        path: OsString,
    },
}

/// The reason why a path argument is invalid.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PathArgError {
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

impl PathArg {
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
    pub fn parse(text: &OsStr) -> Result<Self, PathArgError> {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Err(PathArgError::Empty);
        }
        if bytes.contains(&0) {
            return Err(PathArgError::Nul);
        }
        let end = bytes.iter().position(|&byte| matches!(byte, b':' | b'/'));
        let Some(colon) = end.filter(|&at| bytes[at] == b':') else {
            return Ok(Self::Local(text.into()));
        };
        let name = std::str::from_utf8(&bytes[..colon]).map_err(|_| PathArgError::Name)?;
        Ok(Self::Remote {
            container: Some(name.to_owned()).filter(|name| !name.is_empty()),
            path: OsString::from_vec(bytes[colon + 1..].to_vec()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(container: Option<&str>, path: &str) -> Result<PathArg, PathArgError> {
        Ok(PathArg::Remote { container: container.map(str::to_owned), path: path.into() })
    }

    #[test]
    fn path_args() {
        let check = |text: &str, expected: Result<PathArg, PathArgError>| {
            assert_eq!(PathArg::parse(text.as_ref()), expected, "{text}");
        };
        check("a", Ok(PathArg::Local("a".into())));
        check("./a:b", Ok(PathArg::Local("./a:b".into())));
        check("/a:b", Ok(PathArg::Local("/a:b".into())));
        check(":", remote(None, ""));
        check(":a:b", remote(None, "a:b"));
        check(":/etc/", remote(None, "/etc/"));
        check("api-main:~/x", remote(Some("api-main"), "~/x"));
        check("", Err(PathArgError::Empty));
        check(":a\0", Err(PathArgError::Nul));
    }

    #[test]
    fn error_messages() {
        let samples = containai_core::samples!(PathArgError {
            Empty: [PathArgError::Empty],
            Nul: [PathArgError::Nul],
            Name: [PathArgError::Name],
        });
        insta::assert_snapshot!(containai_core::testing::render_errors(&samples));
    }
}
