//! Paths below the home directory.

use std::fmt;
use std::str::FromStr;

/// A path below the home directory: `~/.tool`, or absolute, `/home/me/.tool`.
///
/// No component is empty, `.` or `..`, so that the path stays below its first component.
/// Symbolic links are not checked.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct HomePath(String);

impl HomePath {
    /// Parses a path.
    ///
    /// # Errors
    ///
    /// [`HomePathError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, HomePathError> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let below = path.strip_prefix("~/").or_else(|| path.strip_prefix('/'));
        let is_part = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(':');
        let is_fine = below.is_some_and(|below| below.split('/').all(is_part));
        match is_fine && !path.chars().any(char::is_control) {
            true => Ok(Self(path.to_owned())),
            false => Err(HomePathError { text: text.to_owned() }),
        }
    }

    /// Returns the path relative to this home directory, an absolute path without a
    /// trailing slash; `None` if it is outside.
    #[must_use]
    pub fn relative_to(&self, home: &str) -> Option<&str> {
        let rest = match self.0.strip_prefix('~') {
            Some(rest) => rest,
            None => self.0.strip_prefix(home)?,
        };
        rest.strip_prefix('/')
    }
}

impl FromStr for HomePath {
    type Err = HomePathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for HomePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a valid path below a home directory.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is not a path below the home directory: expected a path such as `~/.tool`, without `..` and `:`", text.escape_debug())]
#[non_exhaustive]
pub struct HomePathError {
    /// The given text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_below_home() {
        let check = |text: &str, expected: Option<&str>| {
            let path = HomePath::parse(text).ok();
            assert_eq!(
                path.as_ref().and_then(|path| path.relative_to("/home/me")),
                expected,
                "{text}"
            );
        };
        check("~/.tool", Some(".tool"));
        check("~/.tool/a b/", Some(".tool/a b"));
        check("/home/me/.tool", Some(".tool"));
        for bad in [
            "",
            "~",
            "~/",
            "/",
            ".tool",
            "/home/me",
            "/home/me2/x",
            "/etc/passwd",
            "~/../x",
            "~/./x",
            "~/a//b",
            "~/a:b",
            "~me/x",
            "/home/me/../x",
            "~/a\nb",
            "~/\u{1b}",
        ] {
            check(bad, None);
        }
    }

    proptest! {
        #[test]
        fn paths_never_leave_home(text in "(~|/home/me)?(/|[a.]|\\.\\.){0,8}") {
            let path = HomePath::parse(&text).ok();
            if let Some(below) = path.as_ref().and_then(|path| path.relative_to("/home/me")) {
                prop_assert!(below.split('/').all(|part| !matches!(part, "" | "." | "..")));
            }
        }
    }
}
