//! Workspace paths.

use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::ClientId;
use super::newtype::reads_as_text;

/// The absolute path of a workspace on the host, without `.`, `..`, doubled slashes or a
/// trailing slash.
///
/// Only the text is checked. The caller must resolve symbolic links before, and check
/// that it is a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkspacePath(String);

reads_as_text!(WorkspacePath);

impl WorkspacePath {
    /// Creates a normalized path.
    ///
    /// # Errors
    ///
    /// - [`NotAbsolute`](WorkspacePathError::NotAbsolute): it does not begin with `/`.
    /// - [`NotUtf8`](WorkspacePathError::NotUtf8): labels and files cannot contain it.
    /// - [`ControlCharacter`](WorkspacePathError::ControlCharacter): it contains a
    ///   newline or the like.
    /// - [`Parent`](WorkspacePathError::Parent): it contains `..`, whose meaning changes
    ///   when a symbolic link is resolved.
    pub fn new(path: impl AsRef<Path>) -> Result<Self, WorkspacePathError> {
        let path = path.as_ref();
        let Some(text) = path.to_str() else {
            return Err(WorkspacePathError::NotUtf8 { path: path.to_owned() });
        };
        if !path.is_absolute() {
            return Err(WorkspacePathError::NotAbsolute { path: path.to_owned() });
        }
        if text.chars().any(char::is_control) {
            return Err(WorkspacePathError::ControlCharacter { path: path.to_owned() });
        }
        let mut normal = String::with_capacity(text.len());
        for component in path.components() {
            match component {
                Component::Normal(name) => {
                    normal.push('/');
                    normal.push_str(&name.to_string_lossy());
                }
                Component::ParentDir => {
                    return Err(WorkspacePathError::Parent { path: path.to_owned() });
                }
                Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            }
        }
        if normal.is_empty() {
            normal.push('/');
        }
        Ok(Self(normal))
    }

    /// Returns the path as a [`Path`].
    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// Returns the first 8 hexadecimal digits of the SHA-256 of the path. They separate
    /// the volumes and locks of workspaces with the same name.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(&self.0)
    }

    /// Returns the digest as [`Self::digest`] does, for the workspace of one of several
    /// clients.
    #[must_use]
    pub fn digest_with(&self, client: &ClientId) -> String {
        digest(&format!("{client}:{}", self.0))
    }

    /// Returns the last component; empty for `/`.
    #[must_use]
    pub fn dir_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl AsRef<Path> for WorkspacePath {
    fn as_ref(&self) -> &Path {
        self.as_path()
    }
}

fn digest(text: &str) -> String {
    let digest = Sha256::digest(text);
    hex::encode(&digest[..4])
}

/// The path is not valid for a workspace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkspacePathError {
    /// The path is relative: the caller has not resolved it.
    #[error("workspace `{}` is not an absolute path", path.display())]
    NotAbsolute {
        /// The given path.
        path: PathBuf,
    },
    /// The path is not valid UTF-8: it was created by a program with another encoding.
    #[error("workspace `{}` is not valid UTF-8", path.display())]
    NotUtf8 {
        /// The given path.
        path: PathBuf,
    },
    /// The path contains a control character, such as a newline.
    #[error("workspace `{}` contains a control character", path.display().to_string().escape_debug())]
    ControlCharacter {
        /// The given path.
        path: PathBuf,
    },
    /// The path contains `..`.
    #[error("workspace `{}` contains `..`", path.display())]
    Parent {
        /// The given path.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(input: &str, expected: Result<&str, &str>) {
        let path = WorkspacePath::new(input).map_err(|error| error.to_string());
        assert_eq!(path.as_ref().map(WorkspacePath::as_str).map_err(String::as_str), expected);
    }

    #[test]
    fn normalizes_or_refuses() {
        check("/home/a/repo", Ok("/home/a/repo"));
        check("/home//a/./repo/", Ok("/home/a/repo"));
        check("/", Ok("/"));
        check("repo", Err("workspace `repo` is not an absolute path"));
        check("", Err("workspace `` is not an absolute path"));
        check("/a/../b", Err("workspace `/a/../b` contains `..`"));
        check("/a\nb", Err("workspace `/a\\nb` contains a control character"));
        check("/a\0b", Err("workspace `/a\\0b` contains a control character"));
    }

    #[test]
    fn names_its_directory() -> Result<(), WorkspacePathError> {
        assert_eq!(WorkspacePath::new("/srv/api/")?.dir_name(), "api");
        assert_eq!(WorkspacePath::new("/")?.dir_name(), "");
        Ok(())
    }

    proptest! {
        #[test]
        fn is_idempotent(text in "/.*") {
            if let Ok(path) = WorkspacePath::new(&text) {
                prop_assert_eq!(WorkspacePath::new(path.as_path()), Ok(path.clone()));
            }
        }
    }

    #[test]
    fn error_messages() {
        let samples = crate::samples!(WorkspacePathError {
            NotAbsolute: [WorkspacePathError::NotAbsolute { path: "src/api".into() }],
            NotUtf8: [WorkspacePathError::NotUtf8 { path: "/src/api".into() }],
            ControlCharacter: [WorkspacePathError::ControlCharacter {
                path: "/src/a\u{1b}pi".into()
            }],
            Parent: [WorkspacePathError::Parent { path: "/src/../etc".into() }],
        });
        insta::assert_snapshot!(crate::testing::render_errors(&samples));
    }
}
